import { MalformedError, TruncatedError } from "./error.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reader takes big-endian fields from the front of a payload and throws TruncatedError at its end. */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  #take(n: number): number {
    if (n > this.left) throw new TruncatedError();
    const at = this.#at;
    this.#at += n;
    return at;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2));
  }

  i16(): number {
    return this.#view.getInt16(this.#take(2));
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  flag(): boolean {
    const v = this.u8();
    if (v > 1) throw new MalformedError(`flag ${v}`);
    return v === 1;
  }

  /** The next n bytes, aliasing the payload. */
  bytes(n: number): Uint8Array {
    const at = this.#take(n);
    return this.#bytes.subarray(at, at + n);
  }

  rest(): Uint8Array {
    return this.bytes(this.left);
  }

  text(limit: number): string {
    const n = this.u16();
    if (n > limit) throw new MalformedError(`text of ${n} bytes`);
    const bytes = this.bytes(n);
    try {
      return utf8.decode(bytes);
    } catch {
      throw new MalformedError("text is not UTF-8");
    }
  }
}
