import { FileState, type FileTransfer } from "../gen/alongside/console/v1/file_pb.ts";
import { FileDirection } from "../gen/alongside/wire/v1/file_pb.ts";
import { errorWords } from "./words.ts";

/** The largest file that is transferred; the broker and the device refuse more. */
export const maxFile = 8 * 2 ** 30;

/** A size as people read it. */
export function sizeWords(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB"];
  let n = bytes;
  let unit = 0;
  for (; n >= 1024 && unit < units.length - 1; unit++) n /= 1024;
  return `${unit === 0 || n >= 100 ? Math.round(n) : n.toFixed(1)} ${units[unit]}`;
}

/** How much of a transfer has arrived, from 0 to 1. */
export function share(f: Pick<FileTransfer, "size" | "done">): number {
  return f.size === 0n ? 1 : Number(f.done) / Number(f.size);
}

/** How a transfer stands, in words. */
export function fileWords(f: FileTransfer): string {
  const name = f.name === "" ? "A file" : f.name;
  const size = sizeWords(Number(f.size));
  const out = f.direction === FileDirection.FROM_ENDPOINT;
  switch (f.state) {
    case FileState.ASKING:
      return out ? "The person is asked to choose a file." : `The person is asked whether they take ${name} (${size}).`;
    case FileState.AGREED:
      return out ? `${name} (${size}) is ready.` : `The person takes ${name}.`;
    case FileState.RUNNING:
      return `${out ? "Receiving" : "Sending"} ${name} · ${Math.floor(100 * share(f))} % of ${size}`;
    case FileState.DONE:
      if (out) return `${name} (${size}) has arrived whole.`;
      return `${name} (${size}) is in the person's downloads${f.storedAs !== "" && f.storedAs !== f.name ? `, as ${f.storedAs}` : ""}.`;
    default:
      return `${name} was not transferred: ${errorWords(f.code, f.detail)}`;
  }
}

export function isOver(f: FileTransfer): boolean {
  return f.state === FileState.DONE || f.state === FileState.FAILED;
}

const names: Readonly<Record<FileState, string>> = {
  [FileState.UNSPECIFIED]: "unknown",
  [FileState.ASKING]: "asking",
  [FileState.AGREED]: "agreed",
  [FileState.RUNNING]: "running",
  [FileState.DONE]: "done",
  [FileState.FAILED]: "failed",
};

export function stateName(s: FileState): string {
  return names[s] ?? "unknown";
}
