// When a quiet page looks whether the broker still answers, and when it says
// that it does not: together below the two seconds after which people ask
// themselves, with most of a second for the answer.
const askEveryMs = 900;
const silentAfterMs = 1700;
const beatMs = 100;
const giveUpMs = 3000;
const path = "/assets/icon.svg";

/**
 * Pulse tells within two seconds that nothing comes back any more, also when
 * no connection breaks: of a path that swallows packets no event tells. It asks
 * for a small file only while nothing else was heard. It begins paused: a page
 * that nobody sees has nothing to tell.
 */
export class Pulse {
  readonly #changed: (silent: boolean) => void;
  readonly #life = new AbortController();
  #timer: ReturnType<typeof setInterval> | undefined;
  #heard = 0;
  #asked = 0;
  #asking = 0;
  #silent = false;

  constructor(changed: (silent: boolean) => void) {
    this.#changed = changed;
  }

  /** Something came from the broker. */
  heard(): void {
    this.#heard = performance.now();
    this.#tell(false);
  }

  /** Asks and tells nothing until it is resumed. */
  pause(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Goes on. What was not heard in between counts for nothing. */
  resume(): void {
    if (this.#timer !== undefined || this.#life.signal.aborted) return;
    this.#heard = performance.now();
    this.#timer = setInterval(() => this.#beat(), beatMs);
  }

  stop(): void {
    this.pause();
    this.#life.abort();
  }

  #beat(): void {
    const now = performance.now();
    // More questions than are out already would only wait behind them.
    if (now - Math.max(this.#heard, this.#asked) >= askEveryMs && this.#asking < 2) void this.#ask(now);
    if (now - this.#heard >= silentAfterMs) this.#tell(true);
  }

  async #ask(now: number): Promise<void> {
    this.#asked = now;
    this.#asking++;
    try {
      await fetch(path, { method: "HEAD", cache: "no-store", signal: AbortSignal.any([this.#life.signal, AbortSignal.timeout(giveUpMs)]) });
      this.heard();
    } catch {
      // Heard nothing.
    } finally {
      this.#asking--;
    }
  }

  #tell(silent: boolean): void {
    if (silent === this.#silent) return;
    this.#silent = silent;
    this.#changed(silent);
  }
}
