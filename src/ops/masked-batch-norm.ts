import { axesButChannels, misfit, sameShape, showShape, withoutAxes, withUnitAxes } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { add, div, mul, reciprocal, sqrt, sub } from './arithmetic.ts'
import { type Normalized, perChannel } from './batch-norm.ts'
import { reshape, sum } from './broadcast.ts'
import { cast, greater, where } from './compare.ts'

/**
 * Batch normalization whose statistics exclude padding.
 *
 * μ and σ² are the mean and variance of each channel over positions where `mask` is true. They normalize
 * padding too: mask the result if the padding must be 0. If `mask` is false everywhere, μ = σ² = 0.
 *
 * @param x `[batch, channels, …]`; the statistics ignore padded positions, even NaN
 * @param mask bool, `[batch, …]`: the shape of `x` without its channels; false at padding
 * @param weight γ, `[channels]`; 1 if undefined
 * @param bias β, `[channels]`; 0 if undefined
 * @returns y, μ and σ², and `count`, the number of positions where `mask` is true, a float scalar
 * @throws {ShapeError} when the shape or type of the mask does not fit.
 */
export function maskedBatchNorm(
  x: Tensor,
  mask: Tensor,
  weight: Tensor | undefined,
  bias: Tensor | undefined,
  eps: number,
): Normalized & { readonly count: Tensor } {
  const along = perChannel('maskedBatchNorm', x)
  const kept = checkMask(x, mask)
  const axes = axesButChannels(x.shape)
  const count = sum(cast(mask, x.dtype))
  const n = where(greater(count, 1), count, 1)
  const average = (t: Tensor): Tensor => div(sum(where(kept, t, 0), axes), n)
  const mean = average(x)
  const centred = sub(x, along(mean))
  const variance = average(mul(centred, centred))
  const inverse = reciprocal(sqrt(add(variance, eps)))
  const scaled = mul(centred, along(weight ? mul(inverse, weight) : inverse))
  return { y: bias ? add(scaled, along(bias)) : scaled, mean, variance, count }
}

/** Checks a mask, and inserts an axis of size 1 for the channels. */
function checkMask(x: Tensor, mask: Tensor): Tensor {
  const shape = withoutAxes(x.shape, [1])
  if (mask.dtype !== 'bool' || !sameShape(mask.shape, shape)) {
    throw misfit('maskedBatchNorm', `a mask of bool ${showShape(shape)} for ${showShape(x.shape)}`, mask)
  }
  return reshape(mask, withUnitAxes(x.shape, [1]))
}
