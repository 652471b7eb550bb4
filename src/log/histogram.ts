/** A histogram with buckets of equal width, and the sum and the sum of squares of its values. */
export interface Histogram {
  readonly min: number
  readonly max: number
  readonly count: number
  readonly sum: number
  readonly sumOfSquares: number
  /** Right edge of each bucket; the first bucket starts at `min`. */
  readonly limits: readonly number[]
  /** Number of values in each bucket. */
  readonly counts: readonly number[]
}

/**
 * Returns the histogram of the finite values, with `buckets` buckets, or one bucket if all values are equal.
 * A value on an edge counts in the bucket to the right of the edge; the maximum counts in the last bucket.
 *
 * @returns undefined if no value is finite
 */
export function histogram(values: ArrayLike<number>, buckets: number = 30): Histogram | undefined {
  const moments = momentsOf(values)
  const { min, max, count } = moments
  if (count === 0) return undefined
  const width = (max - min) / buckets
  // Values are equal, or so close or far apart that the width underflows or overflows: one bucket.
  const isCoarse = width === 0 || !Number.isFinite(width) || min + (buckets - 1) * width > max
  if (isCoarse) return { ...moments, limits: [max], counts: [count] }
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
