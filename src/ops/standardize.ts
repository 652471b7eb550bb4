import { type Axes, resolveAxes } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { add, mul, reciprocal, sqrt, sub } from './arithmetic.ts'
import type { Normalized } from './batch-norm.ts'
import { mean } from './statistics.ts'

/**
 * Normalizes `x` to mean 0 and variance 1 over `axes`: the core of layer, group and instance normalization.
 *
 *     y = (x − μ)/√(σ² + ε)    gradient: dx = (dy − mean(dy) − y · mean(dy·y))/√(σ² + ε)
 *
 * The mean is subtracted before squaring, so a large mean costs no precision.
 *
 * @returns y, with the mean μ and the biased variance σ², in which `axes` have size 1
 * @throws {ShapeError} when an axis is outside `x`.
 */
export function standardize(x: Tensor, axes: Axes, eps: number): Normalized {
  const average = (t: Tensor): Tensor => mean(t, axes, { keepDims: true })
  const mu = average(x)
  const centred = sub(x, mu)
  const variance = average(mul(centred, centred))
  const inverse = reciprocal(sqrt(add(variance, eps)))
  const value = mul(centred, inverse)
  const y: Tensor = {
    ...value,
    sources: [x],
    grad: (dy) => [mul(sub(sub(dy, average(dy)), mul(y, average(mul(dy, y)))), inverse)],
  }
  recipes.set(y, { x, axes: resolveAxes('standardize', axes, x.shape.length), eps, inverse })
  return { y, mean: mu, variance }
}

/** What a tensor that `standardize` returned is computed from, and its factor `1/√(σ² + ε)`. */
export interface Standardized {
  readonly x: Tensor
  readonly axes: readonly number[]
  readonly eps: number
  readonly inverse: Tensor
}

const recipes = new WeakMap<Tensor, Standardized>()

/** Returns how `standardize` made a tensor, so that a device can compute it by one operator; undefined for others. */
export const standardizedBy = (y: Tensor): Standardized | undefined => recipes.get(y)

/**
 * RMSNorm: `x/√(mean(x²) + ε)` with the mean over `axes`; does not subtract the mean of `x`.
 * Source: Zhang & Sennrich 2019, https://arxiv.org/abs/1910.07467, equation 4, with ε under the root.
 */
export function rootMeanSquareNorm(x: Tensor, axes: Axes, eps: number): Tensor {
  return mul(x, reciprocal(sqrt(add(mean(mul(x, x), axes, { keepDims: true }), eps))))
}
