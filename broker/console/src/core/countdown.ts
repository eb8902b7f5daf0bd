// The countdown shows itself below this (L4).
const shownBelowMs = 120_000;

/**
 * The seconds that a countdown shows, or undefined while none is shown. Both
 * times are of one monotonic clock, so that a step of the wall clock changes
 * nothing.
 */
export function secondsLeft(deadline: number | undefined, now: number): number | undefined {
  if (deadline === undefined) return undefined;
  const left = deadline - now;
  return left < shownBelowMs ? Math.max(0, Math.floor(left / 1000)) : undefined;
}

/**
 * The deadline after the broker said again what is left. It never moves away:
 * an answer that was slow on its way must not make the countdown jump back.
 */
export function nearerDeadline(known: number | undefined, leftMs: number, now: number): number | undefined {
  if (leftMs <= 0) return known;
  return Math.min(known ?? Number.POSITIVE_INFINITY, now + leftMs);
}
