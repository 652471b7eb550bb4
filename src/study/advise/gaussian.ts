// Gaussian processes, by Cholesky's decomposition in float64.
// Source: Rasmussen & Williams 2006, https://gaussianprocess.org/gpml/, algorithm 2.1.

/** MatrixRows of a matrix; of a symmetric or triangular one, only the lower triangle is read. */
export type MatrixRows = readonly Float64Array[]

/**
 * Returns the lower triangle L with L·Lᵀ = `matrix`.
 *
 * Where rounding has made a pivot negative or tiny, as in a covariance of equal points, it is taken as `floor`.
 */
export function cholesky(matrix: MatrixRows, floor: number = 1e-12): Float64Array[] {
  const rows: Float64Array[] = []
  for (const [i, given] of matrix.entries()) {
    const row = new Float64Array(matrix.length)
    for (let j = 0; j < i; j++) row[j] = (given[j]! - dotTo(row, rows[j]!, j)) / rows[j]![j]!
    row[i] = Math.sqrt(Math.max(floor, given[i]! - dotTo(row, row, i)))
    rows.push(row)
  }
  return rows
}

/** Returns x with L·x = b, for a lower triangle L. */
export function solveLower(lower: MatrixRows, b: ArrayLike<number>): Float64Array {
  const x = new Float64Array(lower.length)
  for (const [i, row] of lower.entries()) x[i] = (b[i]! - dotTo(row, x, i)) / row[i]!
  return x
}

/** Returns Σ a[i]·b[i] for i below `end`. */
export function dotTo(a: Float64Array, b: Float64Array, end: number): number {
  let sum = 0
  for (let i = 0; i < end; i++) sum += a[i]! * b[i]!
  return sum
}

/**
 * Returns ln p(residuals | K), the logarithm of the probability density of `z = L⁻¹ · residuals` under K = L·Lᵀ:
 *
 *     −½·zᵀz − Σ ln L[i][i] − n/2 · ln 2π
 */
export const logEvidence = (lower: MatrixRows, z: Float64Array): number =>
  lower.reduce(
    (sum, row, i) => sum - Math.log(row[i]!) - 0.5 * z[i]! ** 2,
    -lower.length * 0.5 * Math.log(2 * Math.PI),
  )

/**
 * Returns the covariance of values at new points, given those observed, as a lower triangle:
 *
 *     covariance = prior − Vᵀ·V,    V = L⁻¹·K(observed, new)
 *
 * and the columns of V, with which their mean is prior + Vᵀ·z.
 *
 * @param lower L, of the covariance of the observed values with their noise
 * @param cross rows K(new[j], observed)
 * @param prior covariance at the new points before anything was observed
 */
export function posterior(
  lower: MatrixRows,
  cross: MatrixRows,
  prior: MatrixRows,
): { readonly columns: MatrixRows; readonly covariance: MatrixRows } {
  const n = lower.length
  const columns = cross.map((row) => solveLower(lower, row))
  const covariance = prior.map((row, i) =>
    row.map((value, j) => (j > i ? 0 : value - dotTo(columns[i]!, columns[j]!, n))),
  )
  return { columns, covariance }
}

/** Returns one draw from a joint normal distribution. @param lower Cholesky factor of its covariance */
export const drawn = (mean: Float64Array, lower: MatrixRows, normals: Float64Array): Float64Array =>
  mean.map((value, i) => value + dotTo(lower[i]!, normals, i + 1))
