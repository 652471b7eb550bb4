/** Returns at most `most` of the items, evenly spaced, including the first and the last. */
export function thinned<T>(items: readonly T[], most = 11): readonly T[] {
  if (items.length <= most) return items
  const at = (i: number): number => Math.round((i * (items.length - 1)) / (most - 1))
  return Array.from({ length: most }, (_, i) => items[at(i)]!)
}
