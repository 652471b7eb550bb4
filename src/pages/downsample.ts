import type { CurveView } from './views.ts'

/**
 * Returns the indices of values that draw the same line as all values from `from` to `to` (exclusive) do on `columns`
 * columns of pixels: the first, the least, the greatest and the last one of each column. No peak is lost.
 *
 * Source: Jugel et al. 2014, M4: A Visualization-Oriented Time Series Data Aggregation, VLDB 7(10).
 */
export function m4(values: ArrayLike<number>, from: number, to: number, columns: number): number[] {
  const count = to - from
  if (count <= 4 * columns) return Array.from({ length: Math.max(0, count) }, (_, i) => from + i)
  const kept: number[] = []
  for (let column = 0; column < columns; column++) {
    const first = from + Math.floor((column * count) / columns)
    const end = from + Math.floor(((column + 1) * count) / columns)
    let [least, greatest] = [first, first]
    for (let i = first; i < end; i++) {
      const value = values[i]!
      if (!(value >= values[least]!)) if (!Number.isNaN(value)) least = i
      if (!(value <= values[greatest]!)) if (!Number.isNaN(value)) greatest = i
    }
    for (const i of [first, Math.min(least, greatest), Math.max(least, greatest), end - 1])
      if (i !== kept.at(-1)) kept.push(i)
  }
  return kept
}

/** Returns values at indices as a curve over the steps of these indices, with six digits: more are not seen. */
export const curveAt = (values: ArrayLike<number>, indices: readonly number[]): CurveView => ({
  x: indices,
  y: indices.map((i) => shortened(values[i]!)),
})

/** Rounds a value to six digits; null for one that is not finite. */
export const shortened = (value: number): number | null =>
  Number.isFinite(value) ? Number(value.toPrecision(6)) : null

/**
 * Smooths values by an exponential moving average, corrected for its start: a weight of `keep` on the average so far. Values
 * that are not finite are passed over, and have the average so far.
 *
 * @param keep from 0 (no smoothing) to below 1
 */
export function smoothed(values: ArrayLike<number>, keep: number): Float64Array {
  const out = new Float64Array(values.length)
  let [sum, weight] = [0, 0]
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (Number.isFinite(value)) {
      sum = keep * sum + (1 - keep) * value
      weight = keep * weight + (1 - keep)
    }
    out[i] = weight > 0 ? sum / weight : Number.NaN
  }
  return out
}

/** Returns the means of values over stretches of `size` steps, each at the last step of its stretch. */
export function meansOver(values: ArrayLike<number>, size: number): CurveView {
  const ends = Array.from({ length: Math.ceil(values.length / size) }, (_, i) =>
    Math.min(values.length, (i + 1) * size),
  )
  const meanTo = (end: number, from: number): number => {
    let sum = 0
    for (let i = from; i < end; i++) sum += values[i]!
    return sum / (end - from)
  }
  return { x: ends.map((end) => end - 1), y: ends.map((end, i) => shortened(meanTo(end, i * size))) }
}
