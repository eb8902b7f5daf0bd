import { MalformedError, TruncatedError } from "./error.ts";
import { maxCanvas, maxCanvasPixels, maxCursor, maxMediaPayload, maxRects, maxTableBytes, maxTables } from "./limits.ts";
import { type Op, OpKind, type Rect, codecJPEGTables, opOptional } from "./op.ts";
import { Reader } from "./reader.ts";

/**
 * Reads the payload of an Update message. Optional operations are skipped. It
 * checks form and limits; that rectangles lie on the canvas is for the one who
 * knows its size.
 */
export function parseUpdate(payload: Uint8Array): Op[] {
  const r = new Reader(payload);
  const ops: Op[] = [];
  while (r.left > 0) {
    const kind = r.u8();
    const n = r.u32();
    if (n > maxMediaPayload) throw new MalformedError(`operation of ${n} bytes`);
    const body = new Reader(r.bytes(n));
    if (kind >= opOptional) continue;
    const op = parseOp(kind, body);
    if (body.left > 0) throw new MalformedError(`${body.left} bytes too many`);
    ops.push(op);
  }
  return ops;
}

function parseOp(kind: number, r: Reader): Op {
  switch (kind) {
    case OpKind.Resize: {
      const width = r.u16();
      const height = r.u16();
      if (width === 0 || height === 0 || width > maxCanvas || height > maxCanvas || width * height > maxCanvasPixels) {
        throw new MalformedError(`canvas of ${width}x${height}`);
      }
      return { kind, width, height };
    }
    case OpKind.Move:
      return { kind, copies: each(r, 12, () => ({ src: rect(r), x: r.u16(), y: r.u16() })) };
    case OpKind.Store:
      return { kind, slots: each(r, 10, () => ({ slot: r.u16(), rect: rect(r) })) };
    case OpKind.Cached:
      return { kind, slots: each(r, 6, () => ({ slot: r.u16(), x: r.u16(), y: r.u16() })) };
    case OpKind.Lossless:
    case OpKind.Residual: {
      const codec = r.u8();
      const n = r.u16();
      if (n === 0 || n > maxRects) throw new MalformedError(`${n} rectangles`);
      const rects: Rect[] = [];
      for (let i = 0; i < n; i++) rects.push(rect(r));
      return { kind, codec, rects, data: r.rest() };
    }
    case OpKind.Photo:
      return photo(r);
    case OpKind.Fill:
      return { kind, fills: each(r, 11, () => ({ rect: rect(r), r: r.u8(), g: r.u8(), b: r.u8() })) };
    case OpKind.CursorShape: {
      const codec = r.u8();
      const width = r.u16();
      const height = r.u16();
      const x = r.u16();
      const y = r.u16();
      if (width > maxCursor || height > maxCursor) throw new MalformedError(`cursor of ${width}x${height}`);
      return { kind, codec, width, height, x, y, data: r.rest() };
    }
    case OpKind.CursorPosition:
      return { kind, x: r.u16(), y: r.u16() };
    case OpKind.Video:
      return { kind, region: r.u16(), codec: r.u8(), key: r.flag(), rect: rect(r), data: r.rest() };
    case OpKind.Tables:
      return { kind, table: table(r), codec: r.u8(), data: tableData(r) };
    default:
      throw new MalformedError(`unknown operation ${kind}`);
  }
}

function photo(r: Reader): Op {
  const kind = OpKind.Photo;
  const codec = r.u8();
  const at = rect(r);
  if (codec !== codecJPEGTables) return { kind, codec, rect: at, data: r.rest() };
  return { kind, codec, rect: at, table: table(r), data: r.rest() };
}

function table(r: Reader): number {
  const n = r.u16();
  if (n >= maxTables) throw new MalformedError(`table ${n}`);
  return n;
}

function tableData(r: Reader): Uint8Array {
  if (r.left > maxTableBytes) throw new MalformedError(`table of ${r.left} bytes`);
  return r.rest();
}

/** Calls read for every element of size bytes that fills r exactly. */
function each<T>(r: Reader, size: number, read: () => T): T[] {
  if (r.left % size !== 0) throw new TruncatedError();
  const n = r.left / size;
  if (n === 0 || n > maxRects) throw new MalformedError(`${n} elements`);
  const out: T[] = [];
  for (let i = 0; i < n; i++) out.push(read());
  return out;
}

function rect(r: Reader): Rect {
  const q = { x: r.u16(), y: r.u16(), w: r.u16(), h: r.u16() };
  if (q.w === 0 || q.h === 0) throw new MalformedError("empty rectangle");
  return q;
}
