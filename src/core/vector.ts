// Float64 arithmetic on vectors of weights and gradients, outside of graphs.

/** A vector, or the values of a variable in row-major order. */
export type Numbers = ArrayLike<number | bigint>

/** Returns the dot product of a and b over the indices from `from` up to, but not including, `to`. */
export function dot(a: Numbers, b: Numbers, from: number = 0, to: number = a.length): number {
  let total = 0
  for (let i = from; i < to; i++) total += Number(a[i]) * Number(b[i])
  return total
}

/** Returns the Euclidean norm of the elements of a from index `from` up to, but not including, `to`. */
export const length = (a: Numbers, from: number = 0, to: number = a.length): number =>
  Math.sqrt(dot(a, a, from, to))

/** Returns the elementwise difference a − b. */
export const difference = (a: Numbers, b: Numbers): Float64Array =>
  Float64Array.from({ length: a.length }, (_, i) => Number(a[i]) - Number(b[i]))

/** Returns the concatenation of vectors. */
export function concatenated(lists: readonly Numbers[]): Float64Array {
  const all = new Float64Array(lists.reduce((n, list) => n + list.length, 0))
  let at = 0
  for (const list of lists) for (let i = 0; i < list.length; i++) all[at++] = Number(list[i])
  return all
}

/** Returns the angle between a and b in radians: 2 · asin(½ · ‖a/‖a‖ − b/‖b‖‖), precise for small angles. */
export function angleBetween(a: Numbers, b: Numbers): number {
  const [lengthA, lengthB] = [length(a), length(b)]
  let chord = 0
  for (let i = 0; i < a.length; i++) chord += (Number(a[i]) / lengthA - Number(b[i]) / lengthB) ** 2
  return 2 * Math.asin(Math.min(1, Math.sqrt(chord) / 2))
}

export const meanOf = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((a, b) => a + b, 0) / values.length

/** Returns the root mean square of the values. */
export const rootMeanSquare = (values: readonly number[]): number =>
  Math.sqrt(meanOf(values.map((x) => x * x)))

/** Returns the median of the values: the middle value, or the mean of the two middle values. */
export function medianOf(values: Iterable<number>): number {
  const sorted = Float64Array.from(values).sort()
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}

/** Returns the greatest value; −Infinity for an empty list. */
export const maxOf = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
