/** For how long a Support Button may be chosen to last, in hours. */
const lifetimes: readonly (readonly [number, string])[] = [
  [8, "8 hours"],
  [24, "1 day"],
  [7 * 24, "1 week"],
  [30 * 24, "30 days"],
  [90 * 24, "90 days"],
  [365 * 24, "1 year"],
];

/** One lifetime to choose. */
export interface Lifetime {
  readonly hours: number;
  readonly label: string;
}

/** Those that a profile allows, the longest that it does among them. */
export function lifetimesOf(maxDays: number): Lifetime[] {
  const most = maxDays * 24;
  const all = lifetimes.filter(([hours]) => hours <= most).map(([hours, label]) => ({ hours, label }));
  if (!all.some((l) => l.hours === most)) all.push({ hours: most, label: maxDays === 1 ? "1 day" : `${maxDays} days` });
  return all;
}
