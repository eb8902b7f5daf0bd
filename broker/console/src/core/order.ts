/** The list with one item moved by some places, or the same list when it stands at the end already. */
export function moved<T>(list: readonly T[], at: number, by: number): readonly T[] {
  const to = Math.min(list.length - 1, Math.max(0, at + by));
  const item = list[at];
  if (to === at || item === undefined) return list;
  const rest = list.filter((_, i) => i !== at);
  return [...rest.slice(0, to), item, ...rest.slice(to)];
}
