import { ArgumentError } from '../core/errors.ts'
import { number, type OptionsOf, readOptions } from '../core/options.ts'
import { type Axes, axesOf, resolveAxes, sizeOf } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { div, mul, sub } from './arithmetic.ts'
import { type KeepDims, keepDimsOptions, sum, weightedSum } from './broadcast.ts'
import { checkFloat } from './elementwise.ts'

// These are composed from operators with gradients, so none of them needs a gradient rule.

/** Mean over `axes`. @param axes all axes if omitted */
export function mean(x: Tensor, axes: Axes = axesOf(x.shape), options?: KeepDims): Tensor {
  checkFloat('mean', x)
  const n = [axes].flat().reduce((size, axis) => size * (x.shape.at(axis) ?? 1), 1)
  return weightedSum('mean', x, axes, options, 1 / n)
}

const varianceOptions = {
  ...keepDimsOptions,
  /** Number subtracted from n in the variance Σ(x − mean)²/n: 1 for unbiased, 0 for biased. @default 1 */
  correction: number({}, 1),
}
export interface VarianceOptions extends OptionsOf<typeof varianceOptions> {}

/**
 * Variance of n elements over `axes`; subtracts the mean before squaring, so a large mean costs no precision.
 *
 *     Σ(x − mean)² / (n − correction)
 *
 * @param axes all axes if omitted
 * @throws {ArgumentError} when n ≤ correction.
 */
export function variance(x: Tensor, axes: Axes = axesOf(x.shape), options?: VarianceOptions): Tensor {
  const { correction, keepDims } = readOptions('variance', varianceOptions, options)
  const along = resolveAxes('variance', axes, x.shape.length)
  const centred = sub(x, mean(x, along, { keepDims: true }))
  const total = sum(mul(centred, centred), along, { keepDims })
  const n = sizeOf(x.shape) / sizeOf(total.shape)
  if (n <= correction) {
    throw new ArgumentError(`variance: wanted more than ${correction} values, got ${n}; use correction 0`)
  }
  return div(total, n - correction)
}
