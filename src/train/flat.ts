/** Losses of a range test. */
export interface RangeLosses {
  /** Loss of each step. */
  readonly raw: readonly number[]
  /** Smoothed losses that count, from step `first` on. */
  readonly seen: readonly number[]
  readonly first: number
}

/**
 * Whether smoothed losses fall by less than three standard errors, given how raw losses differ from one step to the
 * next. Quick, but blind to a fall that comes late, as the smoothed loss lags behind: then ask `isFlatBeside`.
 */
export function seemsFlat({ raw, seen, first }: RangeLosses): boolean {
  const low = seen.indexOf(Math.min(...seen))
  const high = seen.slice(0, low + 1).reduce((best, value, i) => (value > seen[best]! ? i : best), 0)
  const error = deviationOf(raw) * Math.hypot(shareOfNoise(first + high), shareOfNoise(first + low))
  const fall = seen[high]! - seen[low]!
  return fall <= Math.max(3 * error, 1e-6 * Math.abs(seen[low]!))
}

/**
 * Whether losses are nowhere below those of the same batches at the initial weights. The differences of the two are
 * free of what differs between batches. Their mean over a sixth of the steps must be below 0 by four standard
 * errors, and by a twentieth of the deviation between batches: a lesser fall is of no use.
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

/** Returns the standard deviation of normal noise that has the median difference from one value to the next. */
function deviationOf(values: readonly number[]): number {
  const changes = values.slice(1).map((value, i) => Math.abs(value - values[i]!))
  return changes.toSorted((a, b) => a - b)[changes.length >> 1]! / (0.6745 * Math.SQRT2)
}

/** Returns the standard deviation of the smoothed loss at an index as a fraction of that of the raw losses. */
function shareOfNoise(index: number): number {
  const squares = (1 - 0.98 ** (2 * (index + 1))) * (0.02 ** 2 / (1 - 0.98 ** 2))
  return Math.sqrt(squares) / (1 - 0.98 ** (index + 1))
}
