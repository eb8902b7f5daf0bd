// Random desktops, recorded by the agent's own encoder: what the console makes
// of the same updates is what the Go viewer makes of them, and the desktop.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Framebuffer } from "../src/core/framebuffer.ts";
import { type Codecs, type CursorSink, paint } from "../src/view/painter.ts";
import { Zstd } from "../src/view/zstd.ts";
import { parseUpdate } from "../src/wire/update.ts";
import { type Recorded, record } from "./recorded.ts";

const zstd = await Zstd.load(readFileSync(".test/zstd.wasm"));
let grain = 1;
// Decoders of JPEG differ, and Node has none: nothing that is exact in the end
// may build on what one makes of a picture. Here it makes noise.
const codecs: Codecs = {
  zstd: (data, n) => zstd.decode(data, n),
  jpeg: (_, w, h) => Promise.resolve(Uint8Array.from({ length: w * h * 4 }, () => (grain = (grain * 1103515245 + 12345) & 0x7fffffff) >> 16)),
};

type Shape = Parameters<CursorSink["shape"]>[0];

class Screen {
  #fb: Framebuffer;
  #epoch = 0;
  #shape: Shape = null;
  #at = { x: 0, y: 0 };
  #window = new Uint32Array(0); // gets only what the framebuffer calls damage

  constructor(cache: number) {
    this.#fb = new Framebuffer(cache);
  }

  async update(epoch: number, payload: Uint8Array): Promise<void> {
    if (epoch > this.#epoch) {
      this.#epoch = epoch;
      this.#fb.begin();
      this.#shape = null;
    }
    await paint(this.#fb, parseUpdate(payload), codecs, {
      shape: (s) => (this.#shape = s),
      position: (x, y) => (this.#at = { x, y }),
    });
    const { width, height } = this.#fb;
    const words = new Uint32Array(this.#fb.pixels.buffer);
    if (this.#window.length !== width * height) this.#window = new Uint32Array(width * height);
    for (const r of this.#fb.takeDamage()) {
      for (let y = r.y; y < r.y + r.h; y++) this.#window.set(words.subarray(y * width + r.x, y * width + r.x + r.w), y * width + r.x);
    }
  }

  equals(want: Recorded): void {
    const rgba = Buffer.from(want.rgba as string, "base64");
    assert.deepEqual([this.#fb.width, this.#fb.height], [want.width, want.height]);
    if (Buffer.compare(Buffer.from(this.#fb.pixels.buffer), rgba) !== 0) {
      const at = rgba.findIndex((v, i) => v !== this.#fb.pixels[i]) >> 2;
      assert.fail(`pixel ${at % this.#fb.width},${Math.floor(at / this.#fb.width)} is ${this.#fb.pixels.subarray(4 * at, 4 * at + 4)}, not ${rgba.subarray(4 * at, 4 * at + 4).join()}`);
    }
    assert.equal(Buffer.compare(Buffer.from(this.#window.buffer), rgba), 0, "something changed that was not called damage");
    const p = want.pointer;
    if (!p || !this.#shape) return assert.equal(this.#shape !== null, p !== undefined, "pointer shown");
    const s = this.#shape;
    assert.deepEqual([this.#at.x, this.#at.y, s.width, s.height, s.x, s.y], [p.X, p.Y, p.Width, p.Height, p.HotX, p.HotY]);
    assert.equal(Buffer.compare(s.rgba, Buffer.from(p.RGBA, "base64")), 0, "the pointer's picture");
  }
}

for (const view of record()) {
  test(`random desktop ${view.seed}: ${view.name}`, async () => {
    let screen: Screen | undefined;
    let compared = 0;
    for (const e of view.events) {
      if (e.cache !== undefined) screen = new Screen(e.cache);
      if (e.update) await screen?.update(e.epoch as number, new Uint8Array(Buffer.from(e.update, "base64")));
      if (e.rgba) {
        screen?.equals(e);
        compared++;
      }
    }
    assert.ok(compared > 0);
  });
}
