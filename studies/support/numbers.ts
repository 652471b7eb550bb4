// Arithmetic on vectors, and number formatting.

export type Numbers = ArrayLike<number>

export function dot(a: Numbers, b: Numbers): number {
  let total = 0
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!
  return total
}

export const norm = (a: Numbers): number => Math.sqrt(dot(a, a))

export const cosine = (a: Numbers, b: Numbers): number => dot(a, b) / (norm(a) * norm(b))

export const scaled = (a: Numbers, c: number): Float64Array => Float64Array.from(a, (value) => c * value)

export function mean(a: Numbers): number {
  let total = 0
  for (let i = 0; i < a.length; i++) total += a[i]!
  return total / a.length
}

export const rootMeanSquare = (a: Numbers): number => norm(a) / Math.sqrt(a.length)

export function greatest(a: Iterable<number>): number {
  let most = Number.NEGATIVE_INFINITY
  for (const value of a) most = Math.max(most, value)
  return most
}

/** The greatest difference between two vectors, relative to the greatest wanted number. */
export function gap(a: Numbers, wanted: Numbers): number {
  let difference = 0
  let size = 0
  for (let i = 0; i < wanted.length; i++) {
    difference = Math.max(difference, Math.abs(a[i]! - wanted[i]!))
    size = Math.max(size, Math.abs(wanted[i]!))
  }
  return difference / size
}

/** The greatest relative difference, number by number. */
export const relativeGap = (a: Numbers, wanted: Numbers): number =>
  greatest(Array.from(wanted, (value, i) => Math.abs(a[i]! / value - 1)))

/** The rows of a matrix. */
export const rows = (a: Numbers, columns: number): Float64Array[] =>
  Array.from({ length: a.length / columns }, (_, i) =>
    Float64Array.from({ length: columns }, (_, j) => a[i * columns + j]!),
  )

/** A number in a few significant figures: 2.1e-16, 0.0316, 1.467. */
export function short(value: number, figures: number = 3): string {
  if (value === 0 || !Number.isFinite(value)) return String(value)
  const size = Math.abs(value)
  return size < 1e-3 || size >= 1e5
    ? value.toExponential(Math.max(0, figures - 2))
    : String(Number(value.toPrecision(figures)))
}

/** A share as a signed percentage: +1.2 %. */
export const percent = (share: number): string =>
  `${share < 0 ? '−' : '+'}${(100 * Math.abs(share)).toFixed(1)} %`

/** exp of the mean logarithm. */
export const geometricMean = (a: Numbers): number => Math.exp(mean(Float64Array.from(a, Math.log)))
