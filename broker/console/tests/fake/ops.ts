import { OpKind, type Rect } from "../../src/wire/op.ts";
import { Writer } from "../../src/wire/writer.ts";
import { storeZstd } from "./zstd.ts";

function op(kind: number, body: (w: Writer) => void): Uint8Array {
  const inner = new Writer();
  body(inner);
  const w = new Writer();
  w.u8(kind);
  w.u32(inner.length);
  w.bytes(inner.done());
  return w.done();
}

function rect(w: Writer, r: Rect): void {
  for (const v of [r.x, r.y, r.w, r.h]) w.u16(v);
}

export const resize = (width: number, height: number) =>
  op(OpKind.Resize, (w) => {
    w.u16(width);
    w.u16(height);
  });

export const fill = (r: Rect, red: number, green: number, blue: number) =>
  op(OpKind.Fill, (w) => {
    rect(w, r);
    for (const v of [red, green, blue]) w.u8(v);
  });

export const lossless = (r: Rect, rgb: Uint8Array, kind: number = OpKind.Lossless) =>
  op(kind, (w) => {
    w.u8(1);
    w.u16(1);
    rect(w, r);
    w.bytes(storeZstd(rgb));
  });

export const photo = (r: Rect, jpeg: Uint8Array) =>
  op(OpKind.Photo, (w) => {
    w.u8(1);
    rect(w, r);
    w.bytes(jpeg);
  });

/** A picture without the tables that it names. */
export const photoOf = (table: number, r: Rect, jpeg: Uint8Array) =>
  op(OpKind.Photo, (w) => {
    w.u8(2);
    rect(w, r);
    w.u16(table);
    w.bytes(jpeg);
  });

export const tables = (table: number, data: Uint8Array) =>
  op(OpKind.Tables, (w) => {
    w.u16(table);
    w.u8(1);
    w.bytes(data);
  });

export const cursor = (width: number, height: number, x: number, y: number, rgba: Uint8Array) =>
  op(OpKind.CursorShape, (w) => {
    w.u8(1);
    for (const v of [width, height, x, y]) w.u16(v);
    w.bytes(storeZstd(rgba));
  });

/** One update's payload. */
export function update(...ops: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const w = new Writer();
  for (const o of ops) w.bytes(o);
  return w.done();
}
