import { choice, type OptionsOf } from '../core/options.ts'
import { misfit, sameShape, showTensor } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { sum } from './broadcast.ts'
import { mean } from './statistics.ts'

export const reductionOptions = {
  /** How the costs of single elements are reduced; `none` returns each. @default 'mean' */
  reduction: choice(['mean', 'sum', 'none'], 'mean'),
}
/** The option of every loss. */
export interface Reduced extends OptionsOf<typeof reductionOptions> {}
type Reduction = NonNullable<Reduced['reduction']>

/** The costs of single elements, reduced. */
export const reduced = (costs: Tensor, reduction: Reduction): Tensor =>
  reduction === 'none' ? costs : reduction === 'sum' ? sum(costs) : mean(costs)

/** @throws {ShapeError} when `target` lacks the shape or type of `output`. */
export function checkAlike(who: string, output: Tensor, target: Tensor): void {
  if (sameShape(output.shape, target.shape) && output.dtype === target.dtype) return
  throw misfit(who, `a target of ${showTensor(output)}`, target)
}
