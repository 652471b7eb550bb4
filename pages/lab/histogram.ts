/** How often values fall between equally wide bins from `low` to `high`; those outside count in the outermost bins. */
export interface Histogram {
  readonly low: number
  readonly high: number
  /** Share of the values in each bin. */
  readonly shares: readonly number[]
  readonly mean: number
  /** Standard deviation. */
  readonly deviation: number
}

const bins = 48

/** Returns the histogram of values, from 4 standard deviations below their mean to 4 above it, or ±1 if all are equal. */
export function histogramOf(values: Float32Array): Histogram {
  let [sum, squares] = [0, 0]
  for (const value of values) {
    sum += value
    squares += value * value
  }
  const mean = sum / values.length
  const deviation = Math.sqrt(Math.max(0, squares / values.length - mean * mean))
  const half = 4 * deviation || 1
  const [low, high] = [mean - half, mean + half]
  const counts = new Float64Array(bins)
  for (const value of values) {
    const bin = Math.floor(((value - low) / (high - low)) * bins)
    counts[Math.min(bins - 1, Math.max(0, bin))]! += 1
  }
  return { low, high, mean, deviation, shares: Array.from(counts, (n) => n / values.length) }
}
