import type { Framebuffer } from "../core/framebuffer.ts";
import { copiesStreams } from "../core/history.ts";
import { decodePlanes } from "../core/planes.ts";
import { sections } from "../core/section.ts";
import { MalformedError } from "../wire/error.ts";
import { maxCanvasPixels, maxOpPixels } from "../wire/limits.ts";
import { type Op, OpKind, type Rect, codecCopies, codecJPEG, codecJPEGTables, codecPlanes, codecZstdRGB, cursorHidden, cursorZstdRGBA } from "../wire/op.ts";

/** Codecs of the platform, handed in. */
export interface Codecs {
  /** zstd data that holds exactly size bytes; the result is valid until the next call. */
  zstd(data: Uint8Array, size: number): Uint8Array;
  jpeg(data: Uint8Array, w: number, h: number): Promise<Uint8Array | Uint8ClampedArray>;
}

/** What an update says about the endpoint's pointer. */
export interface CursorSink {
  shape(shape: { width: number; height: number; x: number; y: number; rgba: Uint8Array } | null): void;
  position(x: number, y: number): void;
}

/** The operations that paint understands, as told to the agent. */
export const operations: readonly number[] = [
  OpKind.Resize,
  OpKind.Move,
  OpKind.Store,
  OpKind.Cached,
  OpKind.Lossless,
  OpKind.Photo,
  OpKind.Fill,
  OpKind.CursorShape,
  OpKind.CursorPosition,
  OpKind.Residual,
  OpKind.Tables,
];

/**
 * Applies the operations of one update, in order. What decodes asynchronously
 * is decoded first, so that the framebuffer changes in one go. Throws
 * MalformedError; the framebuffer is then of no use until the next epoch.
 */
export async function paint(fb: Framebuffer, ops: readonly Op[], codecs: Codecs, cursor: CursorSink): Promise<void> {
  const pictures = new Map<Op, Uint8Array | Uint8ClampedArray>();
  let area = 0;
  for (const op of ops) {
    if (op.kind !== OpKind.Photo) continue;
    const pixels = op.rect.w * op.rect.h;
    if (pixels > maxOpPixels) throw new MalformedError(`picture of ${pixels} pixels`);
    area += pixels;
  }
  if (area > maxCanvasPixels) throw new MalformedError(`${area} pixels of pictures`); // all are decoded before one is painted
  await Promise.all(
    ops.map(async (op) => {
      // Up to its await this runs for one operation after the other, so that a
      // picture gets the tables that stand before it.
      if (op.kind === OpKind.Tables) fb.tables.keep(op.table, op.codec, op.data);
      if (op.kind !== OpKind.Photo) return;
      pictures.set(op, await codecs.jpeg(jpegOf(fb, op), op.rect.w, op.rect.h));
    }),
  );
  for (const op of ops) apply(fb, op, pictures, codecs, cursor);
}

function jpegOf(fb: Framebuffer, op: Op & { readonly kind: typeof OpKind.Photo }): Uint8Array {
  if (op.codec === codecJPEG) return op.data;
  if (op.codec !== codecJPEGTables || op.table === undefined) throw new MalformedError(`photo codec ${op.codec}`);
  return fb.tables.splice(op.table, op.data);
}

function apply(fb: Framebuffer, op: Op, pictures: Map<Op, Uint8Array | Uint8ClampedArray>, codecs: Codecs, cursor: CursorSink): void {
  switch (op.kind) {
    case OpKind.Resize:
      return fb.resize(op.width, op.height);
    case OpKind.Move:
      return fb.move(op.copies);
    case OpKind.Store:
      return fb.store(op.slots);
    case OpKind.Cached:
      return fb.cached(op.slots);
    case OpKind.Fill:
      return fb.fill(op.fills);
    case OpKind.Lossless:
      if (op.codec === codecZstdRGB) return fb.putRGB(op.rects, rgb(op.codec, op.rects, op.data, codecs));
      return fb.putWords(op.rects, exact(fb, op.codec, op.rects, op.data, codecs));
    case OpKind.Residual:
      return fb.addRGB(op.rects, rgb(op.codec, op.rects, op.data, codecs));
    case OpKind.Photo:
      return fb.putRGBA(op.rect, pictures.get(op) as Uint8Array);
    case OpKind.CursorPosition:
      return cursor.position(op.x, op.y);
    case OpKind.CursorShape: {
      if (op.codec === cursorHidden) {
        if (op.data.length > 0 || op.width > 0 || op.height > 0) throw new MalformedError("hidden cursor with a picture");
        return cursor.shape(null);
      }
      if (op.codec !== cursorZstdRGBA) throw new MalformedError(`cursor codec ${op.codec}`);
      if (op.x >= op.width || op.y >= op.height) throw new MalformedError(`cursor of ${op.width}x${op.height} with hot spot ${op.x}, ${op.y}`);
      const rgba = codecs.zstd(op.data, op.width * op.height * 4).slice();
      return cursor.shape({ width: op.width, height: op.height, x: op.x, y: op.y, rgba });
    }
    case OpKind.Tables:
      return; // kept before pictures were decoded
    case OpKind.Video:
      throw new MalformedError(`operation ${op.kind} was not asked for`);
  }
}

function area(rects: readonly Rect[]): number {
  let n = 0;
  for (const r of rects) n += r.w * r.h;
  if (n > maxOpPixels) throw new MalformedError(`operation of ${n} pixels`);
  return n;
}

function rgb(codec: number, rects: readonly Rect[], data: Uint8Array, codecs: Codecs): Uint8Array {
  if (codec !== codecZstdRGB) throw new MalformedError(`pixel codec ${codec}`);
  return codecs.zstd(data, area(rects) * 3);
}

function exact(fb: Framebuffer, codec: number, rects: readonly Rect[], data: Uint8Array, codecs: Codecs): Uint32Array {
  const n = area(rects);
  const out = new Uint32Array(n);
  if (codec === codecCopies) fb.history.decode(rects, sections(data, copiesStreams.map((most) => most * n), codecs.zstd), out);
  else if (codec === codecPlanes) decodePlanes(rects, sections(data, [n, n, n], codecs.zstd), out);
  else throw new MalformedError(`pixel codec ${codec}`);
  return out;
}
