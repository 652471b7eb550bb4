import { choice, type OptionsOf } from '../core/options.ts'
import { misfit, sameShape, showTensor } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { sum } from './broadcast.ts'
import { weightedLoss } from './loss-weight.ts'
import { mean } from './statistics.ts'

export const reductionOptions = {
  /** How to reduce the losses of all elements; `none` returns them unreduced. @default 'mean' */
  reduction: choice(['mean', 'sum', 'none'], 'mean'),
}
/** Options that all losses share. */
export interface Reduced extends OptionsOf<typeof reductionOptions> {}
type Reduction = NonNullable<Reduced['reduction']>

/** Reduces elementwise losses to their mean or sum; `'none'` returns them unreduced. */
export const reduced = (costs: Tensor, reduction: Reduction): Tensor =>
  reduction === 'none' ? costs : reduction === 'sum' ? weightedLoss(sum(costs), 1) : mean(costs)

/** @throws {ShapeError} when `target` differs from `output` in shape or element type. */
export function checkAlike(who: string, output: Tensor, target: Tensor): void {
  if (sameShape(output.shape, target.shape) && output.dtype === target.dtype) return
  throw misfit(who, `a target of ${showTensor(output)}`, target)
}
