const utf8 = new TextEncoder();

/** Writer packs big-endian fields into a buffer that grows. */
export class Writer {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;

  get length(): number {
    return this.#at;
  }

  #room(n: number): number {
    const at = this.#at;
    if (at + n > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(at + n, this.#bytes.length * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    this.#at += n;
    return at;
  }

  u8(v: number): void {
    this.#view.setUint8(this.#room(1), v);
  }

  u16(v: number): void {
    this.#view.setUint16(this.#room(2), v);
  }

  i16(v: number): void {
    this.#view.setInt16(this.#room(2), v);
  }

  u32(v: number): void {
    this.#view.setUint32(this.#room(4), v);
  }

  bytes(b: Uint8Array): void {
    this.#bytes.set(b, this.#room(b.length));
  }

  /** A text behind its length. */
  text(s: string): void {
    const b = utf8.encode(s);
    this.u16(b.length);
    this.bytes(b);
  }

  /** A copy of what was written. */
  done(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#at);
  }
}
