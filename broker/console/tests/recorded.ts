import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** One thing that happened at a viewer: see encode/recording_test.go. */
export interface Recorded {
  readonly cache?: number;
  readonly epoch?: number;
  readonly update?: string;
  readonly width?: number;
  readonly height?: number;
  readonly rgba?: string;
  readonly pointer?: { X: number; Y: number; Width: number; Height: number; HotX: number; HotY: number; RGBA: string };
}

export interface View {
  readonly name: string;
  readonly seed: number;
  readonly events: readonly Recorded[];
}

/** Random desktops as viewers were shown them, by the agent's own encoder as it is now. */
export function record(): View[] {
  const dir = mkdtempSync(join(tmpdir(), "alongside-record-"));
  try {
    const file = join(dir, "views.json");
    execFileSync("go", ["test", "./encode", "-count=1", "-run", "^TestRecording$", "-record", file], { cwd: "../..", stdio: ["ignore", "ignore", "inherit"] });
    return JSON.parse(readFileSync(file, "utf8")) as View[];
  } finally {
    rmSync(dir, { recursive: true });
  }
}
