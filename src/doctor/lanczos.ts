import { random } from '../core/random.ts'
import { dot, length, maxOf } from '../core/vector.ts'

/**
 * The greatest eigenvalue of a symmetric matrix that is known by its products with vectors. Power iteration
 * would give the one of greatest size, which is negative at first in networks with batch normalization.
 *
 * Each new direction is made orthogonal to all before, so that rounding does not repeat an eigenvalue. Ends
 * when the greatest Ritz value has changed by less than `tolerance` of itself, or after `steps` products.
 *
 * Source: Lanczos 1950, https://doi.org/10.6028/jres.045.026; with full orthogonalization as in Golub & Van
 * Loan, Matrix Computations, section 10.3.
 *
 * @param size length of a vector
 */
export async function greatestEigenvalue(
  product: (v: Float64Array) => Promise<Float64Array>,
  size: number,
  { steps = 30, tolerance = 0.01, seed = 0 }: { steps?: number; tolerance?: number; seed?: number } = {},
): Promise<number> {
  const source = random(seed, 'lanczos')
  let v = unit(Float64Array.from({ length: size }, () => source.normal()))
  const [basis, diagonal, beside]: [Float64Array[], number[], number[]] = [[], [], []]
  let greatest = Number.NEGATIVE_INFINITY
  for (let k = 0; k < Math.min(steps, size); k++) {
    basis.push(v)
    const w = Float64Array.from(await product(v))
    diagonal.push(dot(w, v))
    for (const q of [...basis, ...basis]) subtract(w, q, dot(w, q)) // twice is enough
    const before = greatest
    greatest = greatestOfTridiagonal(diagonal, beside)
    const rest = length(w)
    if (rest <= 1e-10 * Math.abs(greatest) || Math.abs(greatest - before) < tolerance * Math.abs(greatest))
      break
    beside.push(rest)
    v = w.map((x) => x / rest)
  }
  return greatest
}

function subtract(w: Float64Array, q: Float64Array, factor: number): void {
  for (let i = 0; i < w.length; i++) w[i]! -= factor * q[i]!
}

function unit(v: Float64Array): Float64Array {
  const size = length(v)
  return v.map((x) => x / size)
}

/**
 * The greatest eigenvalue of a symmetric tridiagonal matrix, by bisection: the number of eigenvalues above x is
 * the number of positive pivots of T − x.
 */
export function greatestOfTridiagonal(diagonal: readonly number[], beside: readonly number[]): number {
  const reach = diagonal.map(
    (d, i) => Math.abs(d) + (beside[i - 1] ?? 0) + (i < diagonal.length - 1 ? beside[i]! : 0),
  )
  let [low, high] = [-maxOf(reach), maxOf(reach)]
  const hasAbove = (x: number): boolean => {
    let pivot = 1
    for (const [i, d] of diagonal.entries()) {
      const b = i === 0 ? 0 : beside[i - 1]!
      pivot = d - x - (b * b) / (pivot === 0 ? Number.MIN_VALUE : pivot)
      if (pivot > 0) return true
    }
    return false
  }
  for (let i = 0; i < 100 && high - low > 1e-14 * (Math.abs(low) + Math.abs(high)); i++) {
    const middle = (low + high) / 2
    if (hasAbove(middle)) low = middle
    else high = middle
  }
  return (low + high) / 2
}
