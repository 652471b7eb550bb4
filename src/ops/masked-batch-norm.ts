import { axesButChannels, misfit, sameShape, showShape, withoutAxes, withUnitAxes } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { add, div, mul, reciprocal, sqrt, sub } from './arithmetic.ts'
import { type Normalized, perChannel } from './batch-norm.ts'
import { reshape, sum } from './broadcast.ts'
import { cast, greater, where } from './compare.ts'

/** A normalized batch, with the number of values per channel that the statistics come from. */
export interface MaskedNormalized extends Normalized {
  /** Number of positions that the mask keeps, a float `[]`. */
  readonly count: Tensor
}

/**
 * Batch normalization whose statistics exclude padding.
 *
 * μ and σ² come from the n positions that `mask` keeps. Every position is normalized by them, padded ones too:
 * mask the result if those must be 0. Where the mask keeps nothing, μ = σ² = 0.
 *
 * @param x `[batch, channels, …]`; the statistics ignore padded positions, even NaN
 * @param mask bool, `[batch, …]`: the shape of `x` without its channels; true where kept
 * @param weight γ, `[channels]`; undefined for 1
 * @param bias β, `[channels]`; undefined for 0
 * @throws {ShapeError} when the mask has another shape or type.
 */
export function maskedBatchNorm(
  x: Tensor,
  mask: Tensor,
  weight: Tensor | undefined,
  bias: Tensor | undefined,
  eps: number,
): MaskedNormalized {
  const along = perChannel(x)
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

/** The mask with an axis for the channels. */
function checkMask(x: Tensor, mask: Tensor): Tensor {
  const shape = withoutAxes(x.shape, [1])
  if (mask.dtype !== 'bool' || !sameShape(mask.shape, shape)) {
    throw misfit('maskedBatchNorm', `a mask of bool ${showShape(shape)} for ${showShape(x.shape)}`, mask)
  }
  return reshape(mask, withUnitAxes(x.shape, [1]))
}
