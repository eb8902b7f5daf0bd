// SHA-256 (FIPS 180-4) of content that comes in pieces: the browser's own takes only
// what is whole, and a file may be larger than memory.

const block = 64;

const constants = new Uint32Array(64);
const start = new Uint32Array(8);

// The first bits of the fractional parts of cube and square roots of the first primes.
for (let n = 2, found = 0; found < 64; n++) {
  let prime = true;
  for (let d = 2; d * d <= n; d++) if (n % d === 0) prime = false;
  if (!prime) continue;
  if (found < 8) start[found] = fraction(Math.sqrt(n));
  constants[found++] = fraction(Math.cbrt(n));
}

function fraction(x: number): number {
  return ((x - Math.floor(x)) * 2 ** 32) >>> 0;
}

export class Sha256 {
  readonly #state = start.slice();
  readonly #words = new Uint32Array(64);
  readonly #rest = new Uint8Array(block);
  #length = 0;

  update(data: Uint8Array): this {
    let at = 0;
    const filled = this.#length % block;
    this.#length += data.length;
    if (filled > 0) {
      at = Math.min(block - filled, data.length);
      this.#rest.set(data.subarray(0, at), filled);
      if (filled + at < block) return this;
      this.#mix(this.#rest, 0);
    }
    for (; at + block <= data.length; at += block) this.#mix(data, at);
    this.#rest.set(data.subarray(at));
    return this;
  }

  /** The sum. Nothing can be added afterwards. */
  digest(): Uint8Array<ArrayBuffer> {
    const bits = this.#length * 8;
    const filled = this.#length % block;
    const end = new Uint8Array(filled < 56 ? 64 - filled : 128 - filled);
    end[0] = 0x80;
    const tail = new DataView(end.buffer);
    tail.setUint32(end.length - 8, Math.floor(bits / 2 ** 32));
    tail.setUint32(end.length - 4, bits >>> 0);
    this.update(end);
    const sum = new Uint8Array(32);
    this.#state.forEach((word, i) => new DataView(sum.buffer).setUint32(4 * i, word));
    return sum;
  }

  #mix(data: Uint8Array, at: number): void {
    const w = this.#words;
    const s = this.#state;
    const k = constants;
    for (let i = 0; i < 16; i++, at += 4) w[i] = (data[at]! << 24) | (data[at + 1]! << 16) | (data[at + 2]! << 8) | data[at + 3]!;
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15]!;
      const y = w[i - 2]!;
      w[i] = (((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10)) + w[i - 7]! + (((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)) + w[i - 16]!;
    }
    let a = s[0]!;
    let b = s[1]!;
    let c = s[2]!;
    let d = s[3]!;
    let e = s[4]!;
    let f = s[5]!;
    let g = s[6]!;
    let h = s[7]!;
    for (let i = 0; i < 64; i++) {
      const t = (h + (((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))) + ((e & f) ^ (~e & g)) + k[i]! + w[i]!) | 0;
      const u = ((((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t) | 0;
      d = c;
      c = b;
      b = a;
      a = (t + u) | 0;
    }
    s[0]! += a;
    s[1]! += b;
    s[2]! += c;
    s[3]! += d;
    s[4]! += e;
    s[5]! += f;
    s[6]! += g;
    s[7]! += h;
  }
}
