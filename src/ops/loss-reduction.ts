import { isFloat } from '../core/dtype.ts'
import { choice, type OptionsOf } from '../core/options.ts'
import { misfit, sameShape, showTensor, sizeOf } from '../core/shape.ts'
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

/**
 * @param fix advice for the message when no reshaping of the target would help
 * @throws {ShapeError} when `target` differs from `output` in shape or element type.
 */
export function checkAlike(who: string, output: Tensor, target: Tensor, fix?: string): void {
  if (sameShape(output.shape, target.shape) && output.dtype === target.dtype) return
  throw misfit(who, `a target of ${showTensor(output)}`, target, fix ?? remedy(output, target))
}

/** Returns advice on reshaping a target to the output's shape; undefined when their element counts differ. */
export function remedy(output: Tensor, target: Tensor): string | undefined {
  if (sizeOf(output.shape) !== sizeOf(target.shape)) return undefined
  const isCast = output.dtype !== target.dtype
  const cast = isCast ? `ops.cast(target, '${output.dtype}')` : ''
  const numbers = isFloat(target.dtype) ? '' : ", or make the data set with target: 'numbers'"
  if (sameShape(output.shape, target.shape)) return `use ${cast}${numbers}`
  const [, ...shape] = output.shape
  const isFlat = target.shape.length === 1 && target.shape[0] === output.shape[0]
  const other = isFlat ? ', or the loss ops.flatten(output, 0)' : ''
  return `give the data set targetShape: [${shape.join(', ')}]${other}${isCast ? `; and use ${cast}${numbers}` : ''}`
}
