/** Returns an exponential average of values that reaches over about a fiftieth of them, corrected for its beginning. */
export function smoothed(values: readonly number[]): number[] {
  const keep = 1 - 1 / Math.max(2, values.length / 50)
  let [average, weight] = [0, 0]
  return values.map((value) => {
    average = keep * average + (1 - keep) * value
    weight = keep * weight + (1 - keep)
    return average / weight
  })
}
