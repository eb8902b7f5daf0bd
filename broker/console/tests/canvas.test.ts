import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Framebuffer } from "../src/core/framebuffer.ts";
import { jpegSize } from "../src/view/jpeg.ts";
import { type Codecs, type CursorSink, paint } from "../src/view/painter.ts";
import { Zstd } from "../src/view/zstd.ts";
import { MalformedError } from "../src/wire/error.ts";
import { OpKind } from "../src/wire/op.ts";
import { parseUpdate } from "../src/wire/update.ts";
import * as ops from "./fake/ops.ts";
import { storeZstd } from "./fake/zstd.ts";
import { bytes, canvasCases } from "./files.ts";

const zstd = await Zstd.load(readFileSync(".test/zstd.wasm"));
const noCursor: CursorSink = { shape() {}, position() {} };
const codecs = (jpeg: Codecs["jpeg"] = () => Promise.reject(new Error("no JPEG here"))): Codecs => ({ zstd: (d, n) => zstd.decode(d, n), jpeg });

async function canvas(...updates: Uint8Array[]): Promise<Framebuffer> {
  const fb = new Framebuffer(1 << 20);
  for (const u of updates) {
    await paint(fb, parseUpdate(u), codecs(), noCursor);
    fb.takeDamage();
  }
  return fb;
}

const row = (fb: Framebuffer, y: number) => Array.from({ length: fb.width }, (_, x) => fb.pixels[(y * fb.width + x) * 4]);

const changed = (b: number[], at: number, v: number) => b.map((old, i) => (i === at ? v : old));

const ramp = (n: number) => Uint8Array.from({ length: n * 3 }, (_, i) => Math.floor(i / 3) + 1);

test("a new canvas is black and opaque", async () => {
  const fb = await canvas(ops.update(ops.resize(3, 2)));
  assert.deepEqual([...fb.pixels], Array(6).fill([0, 0, 0, 255]).flat());
});

test("a copy reads its source as it was, whichever way it overlaps", async () => {
  const line = ops.lossless({ x: 0, y: 0, w: 6, h: 1 }, ramp(6));
  const move = (from: number, to: number, w: number) => Uint8Array.from([OpKind.Move, 0, 0, 0, 12, 0, from, 0, 0, 0, w, 0, 1, 0, to, 0, 0]);
  assert.deepEqual(row(await canvas(ops.update(ops.resize(6, 1), line, move(0, 2, 4))), 0), [1, 2, 1, 2, 3, 4]);
  assert.deepEqual(row(await canvas(ops.update(ops.resize(6, 1), line, move(2, 0, 4))), 0), [3, 4, 5, 6, 5, 6]);
  const column = ops.lossless({ x: 0, y: 0, w: 1, h: 6 }, ramp(6));
  const down = Uint8Array.from([OpKind.Move, 0, 0, 0, 12, 0, 0, 0, 0, 0, 1, 0, 4, 0, 0, 0, 2]);
  const fb = await canvas(ops.update(ops.resize(1, 6), column, down));
  assert.deepEqual(Array.from({ length: 6 }, (_, y) => fb.pixels[y * 4]), [1, 2, 1, 2, 3, 4]);
});

test("differences are added modulo 256", async () => {
  const at = { x: 1, y: 0, w: 1, h: 1 };
  const fb = await canvas(ops.update(ops.resize(3, 1), ops.fill(at, 250, 10, 0)), ops.update(ops.lossless(at, Uint8Array.from([10, 250, 255]), OpKind.Residual)));
  assert.deepEqual([...fb.pixels.subarray(4, 8)], [4, 4, 255, 255]);
});

test("a picture that decodes later still stands in its order", async () => {
  const fb = new Framebuffer(0);
  const at = { x: 0, y: 0, w: 2, h: 1 };
  const u = ops.update(ops.resize(2, 1), ops.photo(at, new Uint8Array(1)), ops.fill({ ...at, w: 1 }, 7, 7, 7));
  await paint(fb, parseUpdate(u), codecs(async () => Uint8Array.from([1, 1, 1, 0, 2, 2, 2, 0])), noCursor);
  assert.deepEqual([...fb.pixels], [7, 7, 7, 255, 2, 2, 2, 255]);
});

test("a picture is decoded with the tables that stood before it, until the epoch ends", async () => {
  const fb = new Framebuffer(0);
  const at = { x: 0, y: 0, w: 1, h: 1 };
  const quantiser = (v: number) => Uint8Array.from([0xff, 0xd8, 0xff, 0xdb, 0, 3, v, 0xff, 0xd9]);
  const got: number[][] = [];
  const decoder = codecs(async (data) => {
    got.push([...data]);
    return new Uint8Array(4);
  });
  const whole = (v: number) => [0xff, 0xd8, 0xff, 0xdb, 0, 3, v, 7, 7];
  const part = (table: number) => ops.photoOf(table, at, Uint8Array.from([0xff, 0xd8, 7, 7]));
  const show = async (u: Uint8Array) => paint(fb, parseUpdate(u), decoder, noCursor);
  await show(ops.update(ops.resize(1, 1), ops.tables(3, quantiser(1)), part(3), ops.tables(3, quantiser(2)), part(3)));
  await show(ops.update(part(3)));
  assert.deepEqual(got, [whole(1), whole(2), whole(2)]);
  await assert.rejects(show(ops.update(part(2))), MalformedError);
  fb.begin();
  await assert.rejects(show(ops.update(ops.resize(1, 1), part(3))), MalformedError);
});

test("tables are segments of quantisers and codes, all of them and nothing else", async () => {
  const good = [0xff, 0xd8, 0xff, 0xdb, 0, 4, 1, 2, 0xff, 0xc4, 0, 2, 0xff, 0xd9];
  const take = async (b: number[]) => canvas(ops.update(ops.resize(1, 1), ops.tables(0, Uint8Array.from(b))));
  await take(good);
  for (let n = 0; n < good.length; n++) await assert.rejects(take(good.slice(0, n)), MalformedError, `cut at ${n}`);
  for (const marker of [0xc0, 0xda, 0xd9, 0xe0, 0x00]) await assert.rejects(take(changed(good, 3, marker)), MalformedError, `segment ${marker}`);
  await assert.rejects(take(changed(good, 5, 1)), MalformedError);
  await assert.rejects(take([...good, 0]), MalformedError);
});

test("what does not fit the canvas, the cache or the data is malformed", async () => {
  const size = ops.resize(8, 8);
  const store = (slot: number, w: number) => Uint8Array.from([OpKind.Store, 0, 0, 0, 10, 0, slot, 0, 0, 0, 0, 0, w, 0, 8]);
  const bad: Record<string, Uint8Array[]> = {
    "off the canvas": [ops.update(size, ops.fill({ x: 7, y: 0, w: 2, h: 1 }, 0, 0, 0))],
    "before a size": [ops.update(ops.fill({ x: 0, y: 0, w: 1, h: 1 }, 0, 0, 0))],
    "store off the canvas": [ops.update(size, store(0, 9))],
    "empty slot": [ops.update(size, Uint8Array.from([OpKind.Cached, 0, 0, 0, 6, 0, 1, 0, 0, 0, 0]))],
    "too few bytes": [ops.update(size, ops.lossless({ x: 0, y: 0, w: 2, h: 2 }, ramp(3)))],
    "too many bytes": [ops.update(size, ops.lossless({ x: 0, y: 0, w: 2, h: 2 }, ramp(5)))],
    "no zstd": [ops.update(size, ops.photo({ x: 0, y: 0, w: 65535, h: 65535 }, new Uint8Array(4)))],
    "the same pixels over and over": [ops.update(size, ...Array.from({ length: 17 }, () => ops.fill({ x: 0, y: 0, w: 8, h: 8 }, 0, 0, 0)))],
    "not asked for": [ops.update(size, Uint8Array.from([OpKind.Video, 0, 0, 0, 12, 0, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0, 1]))],
    "tables of an unknown codec": [ops.update(size, Uint8Array.from([OpKind.Tables, 0, 0, 0, 3, 0, 0, 0]))],
  };
  for (const [name, updates] of Object.entries(bad)) await assert.rejects(canvas(...updates), MalformedError, name);
  const fb = new Framebuffer(8 * 8 * 4);
  await paint(fb, parseUpdate(ops.update(size, store(0, 8), store(0, 8))), codecs(), noCursor);
  await assert.rejects(paint(fb, parseUpdate(ops.update(store(1, 1))), codecs(), noCursor), MalformedError);
});

test("zstd data that is broken, or not all of it, is malformed and harms nothing", () => {
  const good = storeZstd(ramp(100));
  for (const bad of [new Uint8Array(0), good.subarray(0, 20), Uint8Array.from(good, (v, i) => (i < 4 ? 0 : v))]) {
    assert.throws(() => zstd.decode(bad, 300), MalformedError);
    assert.deepEqual([...zstd.decode(good, 300)], [...ramp(100)]);
  }
});

test("the size of a JPEG is known before it is decoded", () => {
  const head = [0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc0, 0, 17, 8, 0x12, 0x34, 0x56, 0x78, 3];
  assert.deepEqual(jpegSize(Uint8Array.from(head)), { w: 0x5678, h: 0x1234 });
  assert.throws(() => jpegSize(Uint8Array.from(changed(head, 9, 0xc2))), MalformedError, "progressive");
  for (let n = 0; n < 17; n++) assert.throws(() => jpegSize(Uint8Array.from(head.slice(0, n))), MalformedError, `cut at ${n}`);
});

// Updates that decode, shared with the Go viewer. Those with pictures need a
// browser's decoder: pages.test.ts runs them.
for (const c of canvasCases().filter((c) => !c.name.startsWith("photo"))) {
  test(`canvas.json: ${c.name}`, async () => {
    const payloads = c.updates.map(bytes);
    const last = payloads.pop()!;
    const fb = await canvas(...payloads);
    const end = async () => paint(fb, parseUpdate(last), codecs(), noCursor);
    if (c.error !== undefined) return assert.rejects(end, MalformedError);
    await end();
    assert.deepEqual([fb.width, fb.height], [c.width, c.height]);
    assert.equal(Buffer.from(fb.pixels).toString("hex"), c.rgba);
  });
}
