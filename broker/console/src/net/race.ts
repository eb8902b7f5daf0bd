import { LinkError, type Pipe } from "./channel.ts";

type Open = (signal: AbortSignal) => Promise<Pipe>;

/**
 * Opens the first of two ways. The second one starts when the first has failed
 * or has not opened within headStartMs. The loser is closed before a byte was
 * sent on it, so that a single-use ticket goes one way only.
 */
export function race(first: Open, second: Open, headStartMs: number, signal: AbortSignal): Promise<Pipe> {
  return new Promise((resolve, reject) => {
    const rest = new AbortController();
    const stop = () => rest.abort();
    signal.addEventListener("abort", stop, { once: true });
    let won = false;
    let failures = 0;
    let secondStarted = false;
    const run = (open: Open) => {
      open(rest.signal).then(
        (pipe) => {
          if (won || signal.aborted) {
            pipe.close();
            return;
          }
          won = true;
          clearTimeout(timer);
          signal.removeEventListener("abort", stop);
          resolve(pipe);
          rest.abort(); // the winner no longer listens
        },
        (err: unknown) => {
          failures++;
          if (won) return;
          if (failures === 2) {
            clearTimeout(timer);
            signal.removeEventListener("abort", stop);
            reject(err instanceof Error ? err : new LinkError(String(err)));
          } else {
            startSecond();
          }
        },
      );
    };
    const startSecond = () => {
      if (secondStarted || won) return;
      secondStarted = true;
      clearTimeout(timer);
      run(second);
    };
    const timer = setTimeout(startSecond, headStartMs);
    run(first);
  });
}
