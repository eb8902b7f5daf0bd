import { LinkError } from "./channel.ts";

/** Gather cuts a stream of byte chunks into pieces of asked lengths. */
export class Gather {
  readonly #receive: () => Promise<Uint8Array | undefined>;
  #chunks: Uint8Array[] = [];
  #buffered = 0;

  constructor(receive: () => Promise<Uint8Array | undefined>) {
    this.#receive = receive;
  }

  get buffered(): number {
    return this.#buffered;
  }

  /** The next n bytes; undefined when the stream ended before the first of them. */
  async take(n: number): Promise<Uint8Array | undefined> {
    while (this.#buffered < n) {
      const chunk = await this.#receive();
      if (!chunk) {
        if (this.#buffered === 0) return undefined;
        throw new LinkError("the stream was cut");
      }
      this.#chunks.push(chunk);
      this.#buffered += chunk.length;
    }
    return this.#cut(n);
  }

  /** One piece made of head and the next n bytes. */
  async again(head: Uint8Array, n: number): Promise<Uint8Array> {
    const body = n > 0 ? await this.take(n) : new Uint8Array(0);
    if (!body) throw new LinkError("the stream was cut");
    const whole = new Uint8Array(head.length + n);
    whole.set(head);
    whole.set(body, head.length);
    return whole;
  }

  #cut(n: number): Uint8Array {
    this.#buffered -= n;
    const first = this.#chunks[0];
    if (first && first.length >= n) {
      if (first.length === n) this.#chunks.shift();
      else this.#chunks[0] = first.subarray(n);
      return first.subarray(0, n);
    }
    const whole = new Uint8Array(n);
    for (let at = 0; at < n; ) {
      const chunk = this.#chunks[0] as Uint8Array;
      const part = chunk.subarray(0, n - at);
      whole.set(part, at);
      at += part.length;
      if (part.length === chunk.length) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(part.length);
    }
    return whole;
  }
}
