/** So many of some things or fewer, evenly spaced, the first and the last among them. */
export function thinned<T>(things: readonly T[], most = 11): readonly T[] {
  if (things.length <= most) return things
  const at = (i: number): number => Math.round((i * (things.length - 1)) / (most - 1))
  return Array.from({ length: most }, (_, i) => things[at(i)]!)
}
