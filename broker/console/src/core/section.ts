import { MalformedError } from "../wire/error.ts";

/** Decodes zstd data that holds exactly size bytes; the result is valid until the next call. */
export type Inflate = (data: Uint8Array, size: number) => Uint8Array;

/** Section is one stream of bytes of a lossless codec, read from its beginning. */
export class Section {
  readonly bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  byte(): number {
    if (this.at >= this.bytes.length) throw new MalformedError("a stream ends too soon");
    return this.bytes[this.at++] as number;
  }

  u24(): number {
    if (this.at + 3 > this.bytes.length) throw new MalformedError("a stream ends too soon");
    const b = this.bytes;
    const at = this.at;
    this.at += 3;
    return ((b[at] as number) << 16) | ((b[at + 1] as number) << 8) | (b[at + 2] as number);
  }

  /** Reads a number of at most limit, seven bits a byte, low ones first. */
  varint(limit: number): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const b = this.byte();
      value |= (b & 127) << shift;
      if (b < 128) {
        if (value > limit) break;
        return value;
      }
    }
    throw new MalformedError("number out of range");
  }

  take(n: number): Uint8Array {
    if (this.at + n > this.bytes.length) throw new MalformedError("a stream ends too soon");
    this.at += n;
    return this.bytes.subarray(this.at - n, this.at);
  }
}

/** Reads as many sections as there are limits, each of at most so many bytes. */
export function sections(data: Uint8Array, limits: readonly number[], inflate: Inflate): Section[] {
  const r = new Section(data);
  const read = limits.map((limit) => {
    const head = r.varint(2 * limit + 1);
    if ((head & 1) === 0) return new Section(r.take(head >> 1));
    const frame = r.take(r.varint(data.length));
    return new Section(inflate(frame, head >> 1).slice());
  });
  if (r.at !== data.length) throw new MalformedError("bytes behind the last section");
  return read;
}
