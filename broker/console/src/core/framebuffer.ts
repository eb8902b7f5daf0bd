import { MalformedError } from "../wire/error.ts";
import { maxPaints } from "../wire/limits.ts";
import type { Copy, Fill, Point, Rect } from "../wire/op.ts";
import { History } from "./history.ts";
import { Tables } from "./tables.ts";

const opaque = 0xff000000; // alpha of a pixel read as a little-endian u32

interface Tile {
  readonly w: number;
  readonly h: number;
  readonly pixels: Uint32Array<ArrayBuffer>;
}

/**
 * Framebuffer holds the exact pixels of the canvas and the cached tiles. It is
 * the truth that the canvas element shows: what an operation touches is noted
 * as damage and painted when the whole update is applied. Every rectangle is
 * checked against the canvas here; one that is off it throws MalformedError.
 */
export class Framebuffer {
  #width = 0;
  #height = 0;
  #rgba = new Uint8ClampedArray(0);
  #words = new Uint32Array(0);
  readonly #tiles = new Map<number, Tile>();
  #tileBytes = 0;
  #damage: Rect[] = [];
  #painted = 0; // pixels, by this update
  #sized = false; // in this epoch
  readonly #cacheBytes: number;
  /** What was sent exactly in this epoch. */
  readonly history = new History();
  /** What pictures of this epoch build on. */
  readonly tables = new Tables();

  constructor(cacheBytes: number) {
    this.#cacheBytes = cacheBytes;
  }

  get width(): number {
    return this.#width;
  }

  get height(): number {
    return this.#height;
  }

  /** R, G, B, A bytes, row by row. Replaced by resize. */
  get pixels(): Uint8ClampedArray<ArrayBuffer> {
    return this.#rgba;
  }

  /** Begins an epoch: no tile is cached, nothing is painted before a size. The old picture stands until then. */
  begin(): void {
    this.#sized = false;
    this.#damage = [];
    this.#painted = 0;
    this.#tiles.clear();
    this.#tileBytes = 0;
    this.history.reset();
    this.tables.reset();
  }

  /** What was touched since the last call, in order, overlaps included. Ends an update. */
  takeDamage(): Rect[] {
    const d = this.#damage;
    this.#damage = [];
    this.#painted = 0;
    return d;
  }

  resize(width: number, height: number): void {
    if (this.#sized) throw new MalformedError("resize within an epoch");
    this.#sized = true;
    this.#width = width;
    this.#height = height;
    this.#rgba = new Uint8ClampedArray(width * height * 4);
    this.#words = new Uint32Array(this.#rgba.buffer);
    this.#words.fill(opaque);
    this.#damage = [{ x: 0, y: 0, w: width, h: height }];
  }

  move(copies: readonly Copy[]): void {
    for (const c of copies) {
      const to = { x: c.x, y: c.y, w: c.src.w, h: c.src.h };
      this.#check(c.src);
      this.#touch(to);
      const up = to.y > c.src.y; // rows from the end, so that none is overwritten before it is read
      for (let i = 0; i < to.h; i++) {
        const row = up ? to.h - 1 - i : i;
        const from = (c.src.y + row) * this.#width + c.src.x;
        this.#words.copyWithin((to.y + row) * this.#width + to.x, from, from + to.w);
      }
    }
  }

  store(slots: readonly { readonly slot: number; readonly rect: Rect }[]): void {
    for (const { slot, rect } of slots) {
      this.#check(rect);
      const old = this.#tiles.get(slot);
      if (old) this.#tileBytes -= old.pixels.byteLength;
      this.#tileBytes += rect.w * rect.h * 4;
      if (this.#tileBytes > this.#cacheBytes) throw new MalformedError(`more than ${this.#cacheBytes} bytes of cached tiles`);
      const pixels = new Uint32Array(rect.w * rect.h);
      for (let row = 0; row < rect.h; row++) {
        const from = (rect.y + row) * this.#width + rect.x;
        pixels.set(this.#words.subarray(from, from + rect.w), row * rect.w);
      }
      this.#tiles.set(slot, { w: rect.w, h: rect.h, pixels });
    }
  }

  cached(slots: readonly ({ readonly slot: number } & Point)[]): void {
    for (const { slot, x, y } of slots) {
      const tile = this.#tiles.get(slot);
      if (!tile) throw new MalformedError(`empty cache slot ${slot}`);
      this.#touch({ x, y, w: tile.w, h: tile.h });
      for (let row = 0; row < tile.h; row++) {
        this.#words.set(tile.pixels.subarray(row * tile.w, (row + 1) * tile.w), (y + row) * this.#width + x);
      }
    }
  }

  fill(fills: readonly Fill[]): void {
    for (const { rect, r, g, b } of fills) {
      this.#touch(rect);
      const word = (opaque | (b << 16) | (g << 8) | r) >>> 0;
      for (let row = 0; row < rect.h; row++) {
        const at = (rect.y + row) * this.#width + rect.x;
        this.#words.fill(word, at, at + rect.w);
      }
    }
  }

  /** Paints R, G, B bytes that fill the rectangles one after the other, row by row. */
  putRGB(rects: readonly Rect[], rgb: Uint8Array): void {
    let i = 0;
    for (const rect of rects) {
      this.#touch(rect);
      for (let row = 0; row < rect.h; row++) {
        let at = (rect.y + row) * this.#width + rect.x;
        for (const end = at + rect.w; at < end; at++, i += 3) {
          this.#words[at] = opaque | ((rgb[i + 2] as number) << 16) | ((rgb[i + 1] as number) << 8) | (rgb[i] as number);
        }
      }
    }
  }

  /** Paints opaque pixels that fill the rectangles one after the other, row by row. */
  putWords(rects: readonly Rect[], words: Uint32Array): void {
    let i = 0;
    for (const rect of rects) {
      this.#touch(rect);
      for (let row = 0; row < rect.h; row++, i += rect.w) {
        const at = (rect.y + row) * this.#width + rect.x;
        if (rect.w > 32) this.#words.set(words.subarray(i, i + rect.w), at);
        else for (let x = 0; x < rect.w; x++) this.#words[at + x] = opaque | (words[i + x] as number);
      }
    }
  }

  /** Adds R, G, B differences, each modulo 256, in the order of putRGB. */
  addRGB(rects: readonly Rect[], rgb: Uint8Array): void {
    let i = 0;
    for (const rect of rects) {
      this.#touch(rect);
      for (let row = 0; row < rect.h; row++) {
        let at = (rect.y + row) * this.#width + rect.x;
        for (const end = at + rect.w; at < end; at++, i += 3) {
          const old = this.#words[at] as number;
          const r = (old + (rgb[i] as number)) & 0xff;
          const g = ((old >>> 8) + (rgb[i + 1] as number)) & 0xff;
          const b = ((old >>> 16) + (rgb[i + 2] as number)) & 0xff;
          this.#words[at] = opaque | (b << 16) | (g << 8) | r;
        }
      }
    }
  }

  /** Paints R, G, B, A bytes of one rectangle; alpha is ignored. */
  putRGBA(rect: Rect, rgba: Uint8Array | Uint8ClampedArray): void {
    this.#touch(rect);
    let i = 0;
    for (let row = 0; row < rect.h; row++) {
      let at = (rect.y + row) * this.#width + rect.x;
      for (const end = at + rect.w; at < end; at++, i += 4) {
        this.#words[at] = opaque | ((rgba[i + 2] as number) << 16) | ((rgba[i + 1] as number) << 8) | (rgba[i] as number);
      }
    }
  }

  #touch(r: Rect): void {
    this.#check(r);
    this.#painted += r.w * r.h;
    // A copy of the whole canvas is a few bytes: this bounds the work of one message.
    if (this.#painted > maxPaints * this.#width * this.#height) throw new MalformedError(`update paints the canvas more than ${maxPaints} times`);
    this.#damage.push(r);
  }

  #check(r: Rect): void {
    if (!this.#sized) throw new MalformedError("operation before the canvas has a size");
    if (r.x + r.w > this.#width || r.y + r.h > this.#height) {
      throw new MalformedError(`rectangle ${r.x},${r.y} ${r.w}x${r.h} on a canvas of ${this.#width}x${this.#height}`);
    }
  }
}
