// Arithmetic with weights and gradients on the host, in float64.

/** Numbers as variables store them. */
export type Numbers = ArrayLike<number | bigint>

/** ⟨a, b⟩ over the places from `from` to before `to`. */
export function dot(a: Numbers, b: Numbers, from: number = 0, to: number = a.length): number {
  let total = 0
  for (let i = from; i < to; i++) total += Number(a[i]) * Number(b[i])
  return total
}

/** ‖a‖ over the places from `from` to before `to`. */
export const length = (a: Numbers, from: number = 0, to: number = a.length): number =>
  Math.sqrt(dot(a, a, from, to))

/** a − b. */
export const difference = (a: Numbers, b: Numbers): Float64Array =>
  Float64Array.from({ length: a.length }, (_, i) => Number(a[i]) - Number(b[i]))

/** Several lists as one. */
export function concatenated(lists: readonly Numbers[]): Float64Array {
  const all = new Float64Array(lists.reduce((n, list) => n + list.length, 0))
  let at = 0
  for (const list of lists) for (let i = 0; i < list.length; i++) all[at++] = Number(list[i])
  return all
}

/**
 * The angle between two vectors in radians, from the chord of their directions: 2 · asin(½ · ‖â − b̂‖). Unlike
 * an arccosine, this keeps the digits of small angles.
 */
export function angleBetween(a: Numbers, b: Numbers): number {
  const [lengthA, lengthB] = [length(a), length(b)]
  let chord = 0
  for (let i = 0; i < a.length; i++) chord += (Number(a[i]) / lengthA - Number(b[i]) / lengthB) ** 2
  return 2 * Math.asin(Math.min(1, Math.sqrt(chord) / 2))
}

export const meanOf = (values: ArrayLike<number>): number => {
  let total = 0
  for (let i = 0; i < values.length; i++) total += values[i]!
  return total / values.length
}

/** √(mean of squares). */
export const rootMeanSquare = (values: readonly number[]): number =>
  Math.sqrt(meanOf(values.map((x) => x * x)))

/** The middle value, or the mean of the two middle ones. */
export function medianOf(values: Iterable<number>): number {
  const sorted = Float64Array.from(values).sort()
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}

/** The greatest value; −∞ if there is none. */
export const maxOf = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
