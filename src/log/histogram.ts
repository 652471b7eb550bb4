/** The distribution of numbers: counts in buckets of equal width, and moments. */
export interface Histogram {
  readonly min: number
  readonly max: number
  readonly count: number
  readonly sum: number
  readonly sumOfSquares: number
  /** Right edges of the buckets; the first starts at `min`. */
  readonly limits: readonly number[]
  readonly counts: readonly number[]
}

/**
 * Computes the histogram of the finite numbers, in up to `buckets` buckets: one where all are equal. A number
 * on an edge counts to the bucket on its right, and `max` to the last.
 *
 * @returns undefined when no number is finite
 */
export function histogram(values: ArrayLike<number>, buckets: number = 30): Histogram | undefined {
  const moments = momentsOf(values)
  const { min, max, count } = moments
  if (count === 0) return undefined
  const width = (max - min) / buckets
  // Equal, or so close or far apart that the width is 0 or infinite: one bucket holds them all.
  if (width === 0 || !Number.isFinite(width)) return { ...moments, limits: [max], counts: [count] }
  const counts = new Array<number>(buckets).fill(0)
  for (let i = 0; i < values.length; i++) {
    const x = values[i]!
    if (Number.isFinite(x)) counts[Math.min(buckets - 1, Math.floor((x - min) / width))]!++
  }
  const limits = counts.map((_, i) => (i === buckets - 1 ? max : min + (i + 1) * width))
  return { ...moments, limits, counts }
}

function momentsOf(values: ArrayLike<number>): Omit<Histogram, 'limits' | 'counts'> {
  let [min, max, count, sum, sumOfSquares] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0, 0]
  for (let i = 0; i < values.length; i++) {
    const x = values[i]!
    if (!Number.isFinite(x)) continue
    if (x < min) min = x
    if (x > max) max = x
    count++
    sum += x
    sumOfSquares += x * x
  }
  return { min, max, count, sum, sumOfSquares }
}
