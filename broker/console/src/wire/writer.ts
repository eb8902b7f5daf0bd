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
    const at = this.#room(1); // may replace the view
    this.#view.setUint8(at, v);
  }

  u16(v: number): void {
    const at = this.#room(2); // may replace the view
    this.#view.setUint16(at, v);
  }

  i16(v: number): void {
    const at = this.#room(2); // may replace the view
    this.#view.setInt16(at, v);
  }

  u32(v: number): void {
    const at = this.#room(4); // may replace the view
    this.#view.setUint32(at, v);
  }

  bytes(b: Uint8Array): void {
    const at = this.#room(b.length); // may replace the buffer
    this.#bytes.set(b, at);
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
