import { MalformedError } from "../wire/error.ts";
import type { Rect } from "../wire/op.ts";
import type { Section } from "./section.ts";

// The history is what agent and viewer both know of what was sent exactly: see
// the Go package wire/lossless, which this is the viewer's half of.
const width = 1024;
const height = 512;
const above = -width;
const paletteSize = 228;
const firstDiff = paletteSize;
const newColour = 255;
const longRun = 32;
const opaque = 0xff000000;

// Kinds of tokens: where the next pixels of a row come from.
const follow = 0; // from where the row above has them from, one row further down
const left = 2;
const from = 3; // from a place that the token names
const next = 4; // from where the next part of the row above comes from
const again = 5; // from where the pixels before them in this row come from
const literal = 6;

/** The most bytes that one pixel needs of each stream: tokens, literals, vectors, colours. */
export const copiesStreams = [1, 1, 3, 3] as const;

/** Spans are the parts of a row, each copied from v pixels further on in the history. */
class Spans {
  readonly n = new Int32Array(width + 1);
  readonly v = new Int32Array(width + 1);
  length = 0;

  add(n: number, v: number): void {
    const last = this.length - 1;
    if (last >= 0 && this.v[last] === v) {
      (this.n[last] as number) += n;
      return;
    }
    this.n[this.length] = n;
    this.v[this.length++] = v;
  }
}

/** History decodes pixels that are copies of what it holds. Pixels are words as in a framebuffer. */
export class History {
  readonly #pixels = new Uint32Array(width * height);
  readonly #palette = new Uint32Array(paletteSize);
  #nextEntry = 0;
  #x = 0;
  #y = 0;
  #shelf = 0;
  #follows = 0; // pixels of the last token that are in the next rows
  #above = new Spans();
  #row = new Spans();
  #streams: readonly Section[] = [];

  constructor() {
    this.reset();
  }

  /** Forgets everything: an epoch begins. */
  reset(): void {
    this.#pixels.fill(opaque);
    this.#palette.fill(opaque);
    this.#nextEntry = this.#x = this.#y = this.#shelf = 0;
  }

  /** Decodes the rectangles into out, one after the other. */
  decode(rects: readonly Rect[], streams: readonly Section[], out: Uint32Array): void {
    this.#streams = streams;
    this.#follows = 0;
    let at = 0;
    for (const r of rects) {
      for (let y = 0; y < r.h; y += height) {
        for (let x = 0; x < r.w; x += width) this.#piece(out, at + y * r.w + x, r.w, Math.min(r.w - x, width), Math.min(r.h - y, height));
      }
      at += r.w * r.h;
    }
    for (const s of streams) if (s.at !== s.bytes.length) throw new MalformedError("a stream is too long");
  }

  #place(w: number, h: number): number {
    if (this.#x + w > width || h > this.#shelf) {
      this.#x = 0;
      this.#y += this.#shelf;
      this.#shelf = h;
      if (this.#y + h > height) this.#y = 0;
    }
    const at = this.#y * width + this.#x;
    this.#x += w;
    return at;
  }

  #piece(out: Uint32Array, to: number, stride: number, w: number, h: number): void {
    let at = this.#place(w, h);
    this.#above.length = 0;
    this.#above.add(w, above);
    for (let y = 0; y < h; y++, at += width, to += stride) {
      this.#row.length = 0;
      this.#decodeRow(at, w, y);
      out.set(this.#pixels.subarray(at, at + w), to);
      const done = this.#row;
      this.#row = this.#above;
      this.#above = done;
    }
    if (this.#follows > 0) throw new MalformedError("run over the end");
  }

  #decodeRow(at: number, w: number, y: number): void {
    const tokens = this.#streams[0] as Section;
    const up = this.#above;
    const row = this.#row;
    let span = 0;
    let inSpan = 0;
    for (let x = 0; x < w; ) {
      let kind = follow;
      let n = this.#follows;
      if (n === 0) {
        const token = tokens.byte();
        kind = token >> 5;
        n = (token & 31) + 1;
        if (n === longRun) n += tokens.varint(width * height);
      }
      this.#follows = 0;
      if (n > w - x) {
        if (kind !== follow) throw new MalformedError("run over the edge");
        this.#follows = n - (w - x);
        n = w - x;
      }
      if (kind === follow) {
        let s = span;
        let o = inSpan;
        for (let p = at + x, m = n; m > 0; s++, o = 0) {
          const t = Math.min(m, (up.n[s] as number) - o);
          const v = up.v[s] as number;
          this.#copy(p, v, t);
          row.add(t, v);
          p += t;
          m -= t;
        }
      } else if (kind === literal) {
        this.#literals(at + x, x, y, n);
        row.add(n, above);
      } else if (kind === left) {
        if (x === 0) throw new MalformedError("nothing to the left");
        const p = at + x;
        this.#pixels.fill(this.#pixels[p - 1] as number, p, p + n);
        row.add(n, above);
      } else {
        const v = this.#vector(kind, span);
        this.#copy(at + x, v, n);
        row.add(n, v);
      }
      x += n;
      while (n > 0) {
        const t = Math.min(n, (up.n[span] as number) - inSpan);
        inSpan += t;
        n -= t;
        if (inSpan === up.n[span]) {
          span++;
          inSpan = 0;
        }
      }
    }
  }

  #vector(kind: number, span: number): number {
    switch (kind) {
      case 1:
        return above;
      case from:
        return (this.#streams[2] as Section).u24() - width * height;
      case next: {
        const { v, length } = this.#above;
        for (let i = span + 1; i < Math.min(span + 4, length); i++) if (v[i] !== v[span] && v[i] !== above) return v[i] as number;
        return 0;
      }
      case again:
        return this.#row.length === 0 ? above : (this.#row.v[this.#row.length - 1] as number);
      default:
        throw new MalformedError(`token of kind ${kind}`);
    }
  }

  /** Copies n pixels to p from v further on, one after the other: a source that overlaps repeats itself. */
  #copy(p: number, v: number, n: number): void {
    const pixels = this.#pixels;
    let s = p + v;
    if (s < 0 || s + n > pixels.length) throw new MalformedError("source outside the history");
    if (n > 32 && (s >= p || s + n <= p)) {
      pixels.copyWithin(p, s, s + n);
      return;
    }
    for (const end = p + n; p < end; p++, s++) pixels[p] = pixels[s] as number;
  }

  #literals(p: number, x: number, y: number, n: number): void {
    const pixels = this.#pixels;
    const codes = (this.#streams[1] as Section).take(n);
    const colours = this.#streams[3] as Section;
    for (let i = 0; i < n; i++, p++, x++) {
      const code = codes[i] as number;
      if (code < firstDiff) pixels[p] = this.#palette[code] as number;
      else if (code === newColour) {
        const rgb = colours.u24();
        const word = (opaque | ((rgb & 0xff) << 16) | (rgb & 0xff00) | (rgb >> 16)) >>> 0;
        pixels[p] = this.#palette[this.#nextEntry] = word;
        this.#nextEntry = (this.#nextEntry + 1) % paletteSize;
      } else {
        const q = this.#predicted(p, x, y);
        const d = code - firstDiff;
        const r = (q + ((d / 9) | 0) - 1) & 0xff;
        const g = ((q >> 8) + (((d / 3) | 0) % 3) - 1) & 0xff;
        const b = ((q >> 16) + (d % 3) - 1) & 0xff;
        pixels[p] = opaque | (b << 16) | (g << 8) | r;
      }
    }
  }

  #predicted(p: number, x: number, y: number): number {
    const pixels = this.#pixels;
    if (x === 0) return y === 0 ? 0 : (pixels[p + above] as number);
    const l = pixels[p - 1] as number;
    return y === 0 ? l : predict(l, pixels[p + above] as number, pixels[p + above - 1] as number);
  }
}

/** What a pixel would be if its neighbours lay on a plane, between the first two of them. */
export function predict(l: number, a: number, c: number): number {
  if (l === a) return l;
  return median(l & 0xff, a & 0xff, c & 0xff) | (median((l >> 8) & 0xff, (a >> 8) & 0xff, (c >> 8) & 0xff) << 8) | (median((l >> 16) & 0xff, (a >> 16) & 0xff, (c >> 16) & 0xff) << 16);
}

function median(l: number, a: number, c: number): number {
  const lo = l < a ? l : a;
  const hi = l < a ? a : l;
  return c >= hi ? lo : c <= lo ? hi : l + a - c;
}
