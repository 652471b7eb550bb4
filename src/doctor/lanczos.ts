import { random } from '../core/random.ts'
import { dot, length, maxOf } from '../core/vector.ts'

/**
 * Returns the largest eigenvalue of a symmetric matrix, given as a function that multiplies the matrix by a vector.
 * Power iteration would find the eigenvalue of largest magnitude, which, for the Hessian of a loss, is negative early
 * in training with batch normalization.
 *
 * Each new direction is orthogonalized against all previous ones, because otherwise rounding errors would duplicate
 * eigenvalues. Stops when the estimate changes by a fraction below `tolerance`, or after `steps` products.
 *
 * Source: Lanczos 1950, https://doi.org/10.6028/jres.045.026; with full orthogonalization as in Golub & Van Loan,
 * Matrix Computations, section 10.3.
 *
 * @param size number of rows of the matrix
 */
export async function greatestEigenvalue(
  product: (v: Float64Array) => Promise<Float64Array>,
  size: number,
  { steps = 30, tolerance = 0.01, seed = 0 }: { steps?: number; tolerance?: number; seed?: number } = {},
): Promise<number> {
  const source = random(seed, 'lanczos')
  const start = Float64Array.from({ length: size }, () => source.normal())
  const norm = length(start)
  let v = start.map((x) => x / norm)
  const [basis, diagonal, offDiagonal]: [Float64Array[], number[], number[]] = [[], [], []]
  let greatest = Number.NEGATIVE_INFINITY
  for (let k = 0; k < Math.min(steps, size); k++) {
    basis.push(v)
    const w = Float64Array.from(await product(v))
    diagonal.push(dot(w, v))
    for (const q of [...basis, ...basis]) subtract(w, q, dot(w, q)) // twice, against rounding
    const before = greatest
    greatest = greatestOfTridiagonal(diagonal, offDiagonal)
    const rest = length(w)
    if (rest <= 1e-10 * Math.abs(greatest) || Math.abs(greatest - before) < tolerance * Math.abs(greatest))
      break
    offDiagonal.push(rest)
    v = w.map((x) => x / rest)
  }
  return greatest
}

function subtract(w: Float64Array, q: Float64Array, factor: number): void {
  for (let i = 0; i < w.length; i++) w[i]! -= factor * q[i]!
}

/** Returns, by bisection, the largest eigenvalue of a tridiagonal matrix T: it is > x if T − x · I has a pivot > 0. */
export function greatestOfTridiagonal(diagonal: readonly number[], offDiagonal: readonly number[]): number {
  const radii = diagonal.map((d, i) => Math.abs(d) + (offDiagonal[i - 1] ?? 0) + (offDiagonal[i] ?? 0))
  const bound = maxOf(radii)
  let [low, high] = [-bound, bound]
  const hasAbove = (x: number): boolean => {
    let pivot = 1
    for (const [i, d] of diagonal.entries()) {
      const b = offDiagonal[i - 1] ?? 0
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
