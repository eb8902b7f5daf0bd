/** What somebody made of what they read, put over what somebody else made of it since: only the fields that they changed are theirs. */
export function merge<T extends object>(read: T, mine: T, theirs: T): T {
  const merged = { ...theirs };
  for (const key of Object.keys(mine) as (keyof T)[]) if (!same(mine[key], read[key])) merged[key] = mine[key];
  return merged;
}

/** Whether two values hold the same: plain ones, lists, and objects of them. */
export function same(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return Object.is(a, b);
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Array.isArray(a) === Array.isArray(b) && [...keys].every((k) => same((a as Record<string, unknown>)[k], (b as Record<string, unknown>)[k]));
}
