import { readFileSync } from "node:fs";

/** A file of the repository, by its path from the top. */
export function shared(path: string): string {
  return readFileSync(`../../${path}`, "utf8");
}

/** One case of a file of golden vectors. */
export interface Vector {
  readonly name: string;
  readonly type?: string;
  readonly hex: string;
  readonly fields?: any;
  readonly error?: string;
}

export function vectors(file: string): Vector[] {
  return JSON.parse(shared(`wire/testdata/vectors/${file}`)) as Vector[];
}

export function bytes(hex: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(hex, "hex"));
}

/** A case of canvas.json: the updates of one epoch, and the pixels they make or the error they end in. */
export interface CanvasCase {
  readonly name: string;
  readonly updates: readonly string[];
  readonly width: number;
  readonly height: number;
  readonly rgba: string;
  readonly error?: string;
  readonly tolerance?: number;
}

export function canvasCases(): CanvasCase[] {
  return JSON.parse(shared("wire/testdata/vectors/canvas.json")) as CanvasCase[];
}
