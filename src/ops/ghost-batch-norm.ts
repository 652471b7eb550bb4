import { misfit } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { type Normalized, scaleAndShift } from './batch-norm.ts'
import { reshape } from './broadcast.ts'
import { standardize } from './standardize.ts'
import { mean } from './statistics.ts'

/**
 * Normalizes each virtual batch of `virtualBatchSize` consecutive examples by its own mean and variance.
 * Source: Hoffer et al. 2017, https://arxiv.org/abs/1705.08741, algorithm 1.
 *
 * @param x `[batch, channels, …]`
 * @returns y, and the mean and variance of each channel, averaged over the virtual batches
 * @throws {ShapeError} when the batch is larger than `virtualBatchSize` and not a multiple of it.
 */
export function ghostBatchNorm(
  x: Tensor,
  virtualBatchSize: number,
  weight: Tensor | undefined,
  bias: Tensor | undefined,
  eps: number,
): Normalized {
  const [batch, channels, ...rest] = x.shape
  const size = Math.min(virtualBatchSize, batch!)
  if (batch! % size !== 0) {
    throw misfit('ghostBatchNorm', `a batch that is a multiple of ${size}`, x.shape, 'drop what is left over')
  }
  const chunks = batch! / size
  const axes = [1, ...rest.map((_, i) => i + 3)]
  const ghosts = standardize(reshape(x, [chunks, size, channels!, ...rest]), axes, eps)
  const average = (t: Tensor): Tensor => mean(reshape(t, [chunks, channels!]), [0])
  return {
    y: scaleAndShift(reshape(ghosts.y, x.shape), weight, bias),
    mean: average(ghosts.mean),
    variance: average(ghosts.variance),
  }
}
