/** The median: the middle number, or the mean of the two in the middle. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const half = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
}

/** Median and extremes of microseconds per step. */
export const summary = (values) => ({
  median: round(median(values)),
  min: round(Math.min(...values)),
  max: round(Math.max(...values)),
})

/** Rounds to a tenth; benchmark figures are no more precise than that. */
export const round = (value) => Math.round(value * 10) / 10

/** 97.5 % quantiles of Student's t distribution for 1, 2, … degrees of freedom. */
const quantiles = [12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.2, 2.18, 2.16, 2.14, 2.13]

/**
 * Geometric mean of the ratios a/b of rounds, with the 95 % interval of the mean of their logarithms by Student's t.
 *
 * @param {readonly number[]} a a time for each round
 * @param {readonly number[]} b the other side's time in the same round
 */
export function ratioOf(a, b) {
  const logs = a.map((time, i) => Math.log(time / b[i]))
  const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length
  const variance = logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / (logs.length - 1)
  const t = quantiles[Math.min(logs.length - 1, quantiles.length) - 1] ?? Number.NaN
  const margin = t * Math.sqrt(variance / logs.length)
  return { mean: Math.exp(mean), low: Math.exp(mean - margin), high: Math.exp(mean + margin) }
}
