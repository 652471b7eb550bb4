import type { Tensor } from '../../core/tensor.ts'
import { mul } from '../../ops/arithmetic.ts'
import { greater, where } from '../../ops/compare.ts'

/** `ratio` of two norms, or 1 where either is 0: weights that begin with zeros have to leave them. */
export const trusted = (weight: Tensor, step: Tensor, ratio: Tensor): Tensor =>
  where(greater(mul(weight, step), 0), ratio, 1)
