/** Returns some two to six round numbers between two others, which are above 0. */
export function logSplits(min: number, max: number): number[] {
  const [from, to] = [Math.floor(Math.log10(min)), Math.floor(Math.log10(max))]
  const decades = Array.from({ length: to - from + 1 }, (_, i) => from + i)
  const within = (every: number, factors: readonly number[]): number[] =>
    decades
      .filter((power) => power % every === 0)
      .flatMap((power) => factors.map((factor) => Number(`${factor}e${power}`)))
      .filter((value) => value >= min && value <= max)
  const all = [within(3, [1]), within(2, [1]), within(1, [1]), within(1, [1, 3]), within(1, [1, 2, 5])]
  const fine = within(1, [1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9])
  return all.find((splits) => splits.length >= 3) ?? (fine.length >= 2 ? thinned(fine) : evenly(min, max))
}

/** Returns round numbers at equal distances: on a short piece of a logarithmic axis, they look equally far apart. */
function evenly(min: number, max: number): number[] {
  const step = 10 ** Math.floor(Math.log10(max - min)) / 2
  const count = Math.floor(max / step) - Math.ceil(min / step) + 1
  return thinned(
    Array.from({ length: count }, (_, i) => Number(((Math.ceil(min / step) + i) * step).toPrecision(6))),
  )
}

/** Returns at most 5 of several numbers, equally far from each other in the list. */
const thinned = (values: readonly number[]): number[] =>
  values.filter((_, i) => i % Math.ceil(values.length / 5) === 0)
