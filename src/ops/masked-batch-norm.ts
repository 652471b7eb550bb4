import { ShapeError } from '../core/errors.ts'
import { sameShape, showShape } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { add, div, mul, reciprocal, sqrt, sub } from './arithmetic.ts'
import { type Normalized, perChannel } from './batch-norm.ts'
import { reshape, sum } from './broadcast.ts'
import { cast, greater, where } from './compare.ts'

/** A normalised batch, with how many values a channel the statistics were taken of. */
export interface MaskedNormalized extends Normalized {
  /** Positions that the mask keeps, a float `[]`. */
  readonly count: Tensor
}

/**
 * Batch normalization whose statistics leave padding out.
 *
 * μ and σ² are those of the positions that `mask` keeps, n their number. Every position is normalised by them, the
 * padded ones as well: mask what comes after if they must be 0. Without a position, μ = σ² = 0.
 *
 * @param x `[batch, channels, …]`; what stands in padded positions is not read for the statistics, even NaN
 * @param mask bool, `[batch, …]`: the shape of `x` without its channels; true is kept
 * @param weight γ, `[channels]`, or none for 1
 * @param bias β, `[channels]`, or none for 0
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
  const axes = x.shape.flatMap((_, i) => (i === 1 ? [] : [i]))
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
  const shape = x.shape.filter((_, i) => i !== 1)
  if (mask.dtype !== 'bool' || !sameShape(mask.shape, shape)) {
    throw new ShapeError(
      `maskedBatchNorm: wanted a mask of bool ${showShape(shape)} for ${showShape(x.shape)}, got ${mask.dtype} ${showShape(mask.shape)}`,
    )
  }
  return reshape(
    mask,
    x.shape.map((size, i) => (i === 1 ? 1 : size)),
  )
}
