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
