import { MalformedError } from "../wire/error.ts";

interface Exports {
  readonly memory: WebAssembly.Memory;
  malloc(size: number): number;
  free(at: number): void;
  ZSTD_decompress(to: number, room: number, from: number, size: number): number;
  ZSTD_isError(result: number): number;
}

/** Zstd decodes zstd frames by the WebAssembly build of zstddec. Its two buffers grow and stay. */
export class Zstd {
  readonly #wasm: Exports;
  #from = { at: 0, size: 0 };
  #to = { at: 0, size: 0 };

  private constructor(wasm: Exports) {
    this.#wasm = wasm;
  }

  static async load(source: BufferSource | Response): Promise<Zstd> {
    const imports = { env: { emscripten_notify_memory_growth: () => {} } };
    const bytes = source instanceof Response ? await source.arrayBuffer() : source;
    const { instance } = await WebAssembly.instantiate(bytes, imports);
    return new Zstd(instance.exports as unknown as Exports);
  }

  /** Decodes data, which must hold exactly size bytes. The result is valid until the next call. */
  decode(data: Uint8Array, size: number): Uint8Array {
    this.#from = this.#room(this.#from, data.length);
    this.#to = this.#room(this.#to, size);
    new Uint8Array(this.#wasm.memory.buffer).set(data, this.#from.at);
    const n = this.#wasm.ZSTD_decompress(this.#to.at, size, this.#from.at, data.length) >>> 0;
    if (this.#wasm.ZSTD_isError(n)) throw new MalformedError("zstd data does not decode");
    if (n !== size) throw new MalformedError(`zstd data holds ${n} bytes, not ${size}`);
    return new Uint8Array(this.#wasm.memory.buffer, this.#to.at, size);
  }

  #room(buffer: { at: number; size: number }, size: number): { at: number; size: number } {
    if (buffer.at !== 0 && buffer.size >= size) return buffer;
    if (buffer.at !== 0) this.#wasm.free(buffer.at);
    const at = this.#wasm.malloc(Math.max(size, 4096));
    if (at === 0) throw new RangeError("out of memory for a picture");
    return { at, size: Math.max(size, 4096) };
  }
}
