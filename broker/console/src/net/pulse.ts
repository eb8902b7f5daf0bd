// How often a quiet page looks whether the broker still answers, and when it
// says so: together below the two seconds after which people ask themselves.
const askEveryMs = 500;
const silentAfterMs = 1500;
const path = "/assets/icon.svg";

/**
 * Pulse tells within two seconds that nothing comes back any more, also when
 * no connection breaks: of a path that swallows packets no event tells. It asks
 * for a small file only while nothing else was heard.
 */
export class Pulse {
  readonly #changed: (silent: boolean) => void;
  readonly #life = new AbortController();
  #timer: ReturnType<typeof setInterval> | undefined;
  #heard = performance.now();
  #asking = 0;
  #silent = false;

  constructor(changed: (silent: boolean) => void) {
    this.#changed = changed;
    this.#timer = setInterval(() => this.#beat(), askEveryMs);
  }

  /** Something came from the broker. */
  heard(): void {
    this.#heard = performance.now();
    this.#tell(false);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#life.abort();
  }

  #beat(): void {
    const quiet = performance.now() - this.#heard;
    if (quiet < askEveryMs) return;
    // More questions than are out already would only wait behind them.
    if (this.#asking < 2) void this.#ask();
    if (quiet >= silentAfterMs) this.#tell(true);
  }

  async #ask(): Promise<void> {
    this.#asking++;
    try {
      await fetch(path, { method: "HEAD", cache: "no-store", signal: AbortSignal.any([this.#life.signal, AbortSignal.timeout(2 * silentAfterMs)]) });
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
