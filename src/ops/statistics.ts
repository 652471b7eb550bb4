import { ArgumentError } from '../core/errors.ts'
import { sizeOf } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { checkFloat, div, mul, sub } from './arithmetic.ts'
import { type KeepDims, sum, weightedSum } from './broadcast.ts'
import { allAxes } from './reduction.ts'

// Composed from primitives, so none of these needs a gradient rule.

/** Mean over `axes`, all of them by default. */
export function mean(
  x: Tensor,
  axes: readonly number[] = allAxes(x),
  { keepDims = false }: KeepDims = {},
): Tensor {
  checkFloat('mean', x)
  const n = axes.reduce((size, axis) => size * (x.shape.at(axis) ?? 1), 1)
  return weightedSum('mean', x, axes, keepDims, 1 / n)
}

/**
 * Variance over `axes`, all of them by default: centred first, so large means lose no digits.
 *
 *     Σ(x − mean)² / (n − correction)
 *
 * @param options.correction 1 (unbiased) by default, as in PyTorch; 0 divides by n
 * @throws {ArgumentError} when n ≤ correction.
 */
export function variance(
  x: Tensor,
  axes: readonly number[] = allAxes(x),
  { correction = 1, keepDims = false }: KeepDims & { readonly correction?: number } = {},
): Tensor {
  const centred = sub(x, mean(x, axes, { keepDims: true }))
  const total = sum(mul(centred, centred), axes, { keepDims })
  const n = sizeOf(x.shape) / sizeOf(total.shape)
  if (n <= correction) {
    throw new ArgumentError(`variance: wanted more than ${correction} values, got ${n}; use correction 0`)
  }
  return div(total, n - correction)
}
