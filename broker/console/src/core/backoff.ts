/** Backoff gives the wait before each next try: full jitter below a bound that doubles. */
export class Backoff {
  readonly #base: number;
  readonly #cap: number;
  readonly #random: () => number;
  #tries = 0;

  constructor(baseMs: number, capMs: number, random: () => number = Math.random) {
    this.#base = baseMs;
    this.#cap = capMs;
    this.#random = random;
  }

  /** Milliseconds to wait now. The first try after a reset waits at most the base. */
  next(): number {
    const bound = Math.min(this.#cap, this.#base * 2 ** Math.min(this.#tries, 16));
    this.#tries++;
    return Math.round(bound * this.#random());
  }

  /** It worked. */
  reset(): void {
    this.#tries = 0;
  }
}
