/** Losses of a learning-rate range test. */
export interface RangeLosses {
  /** Loss of each step. */
  readonly raw: readonly number[]
  /** Smoothed losses from step `first` on; earlier ones are ignored. */
  readonly seen: readonly number[]
  readonly first: number
}

/**
 * Whether the smoothed losses fall by less than three standard errors, given how raw losses differ from one step to
 * the next. Cheap, but it misses a late fall, because the smoothed loss lags behind: if true, confirm with
 * `isFlatBeside`.
 */
export function seemsFlat({ raw, seen, first }: RangeLosses): boolean {
  const low = seen.indexOf(Math.min(...seen))
  const high = seen.slice(0, low + 1).reduce((best, value, i) => (value > seen[best]! ? i : best), 0)
  const error = deviationOf(raw) * Math.hypot(shareOfNoise(first + high), shareOfNoise(first + low))
  const fall = seen[high]! - seen[low]!
  return fall <= Math.max(3 * error, 1e-6 * Math.abs(seen[low]!))
}

/**
 * Whether the losses are nowhere below the losses of the same batches at the initial weights. Taking differences
 * removes the variation between batches. To count as a fall, the mean difference over a sixth of the steps must be
 * below 0 by four standard errors, and by a twentieth of the standard deviation between batches: a smaller fall is of
 * no use.
 *
 * @param frozen losses of the same batches at the initial weights
 */
export function isFlatBeside({ raw, first }: RangeLosses, frozen: readonly number[]): boolean {
  const changes = raw.map((loss, i) => loss - frozen[i]!)
  const length = Math.max(8, Math.floor(raw.length / 6))
  const least = Math.max(deviationOf(frozen) / 20, 1e-6 * Math.abs(frozen[0]!))
  for (let start = first; start + length <= changes.length; start++) {
    const window = changes.slice(start, start + length)
    const mean = window.reduce((a, b) => a + b) / length
    const error = Math.sqrt(window.reduce((sum, d) => sum + (d - mean) ** 2, 0) / (length - 1) / length)
    if (-mean > Math.max(4 * error, least)) return false
  }
  return true
}

/** Estimates a standard deviation from the median difference of consecutive values, assuming normal noise. */
function deviationOf(values: readonly number[]): number {
  const changes = values.slice(1).map((value, i) => Math.abs(value - values[i]!))
  return changes.toSorted((a, b) => a - b)[changes.length >> 1]! / (0.6745 * Math.SQRT2)
}

/** Returns the standard deviation of the smoothed loss at step `index`, as a fraction of the raw losses' deviation. */
function shareOfNoise(index: number): number {
  const squares = (1 - 0.98 ** (2 * (index + 1))) * (0.02 ** 2 / (1 - 0.98 ** 2))
  return Math.sqrt(squares) / (1 - 0.98 ** (index + 1))
}
