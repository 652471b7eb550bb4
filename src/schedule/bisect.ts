/** How many of the rising (or equal) numbers are <= x. */
export function countUpTo(sorted: readonly number[], x: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! <= x) low = middle + 1
    else high = middle
  }
  return low
}

/** Whether each number is larger than the one before. */
export function rising(list: readonly number[]): boolean {
  return list.every((x, i) => i === 0 || x > list[i - 1]!)
}
