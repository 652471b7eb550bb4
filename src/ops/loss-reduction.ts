import { ArgumentError, ShapeError } from '../core/errors.ts'
import { sameShape, showShape } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { sum } from './broadcast.ts'
import { mean } from './statistics.ts'

/** What becomes of the costs of single elements: their mean, their sum, or none, so that all come back. */
export type Reduction = 'mean' | 'sum' | 'none'

export interface Reduced {
  /** The mean by default. */
  readonly reduction?: Reduction
}

/** Costs of single elements as `reduction` says. */
export function reduced(who: string, costs: Tensor, reduction: Reduction = 'mean'): Tensor {
  switch (reduction) {
    case 'mean':
      return mean(costs)
    case 'sum':
      return sum(costs)
    case 'none':
      return costs
  }
  throw new ArgumentError(`${who}: wanted a reduction of mean, sum or none, got ${reduction as string}`)
}

/** @throws {ShapeError} when `target` has not the shape and type of `output`. */
export function checkAlike(who: string, output: Tensor, target: Tensor): void {
  if (sameShape(output.shape, target.shape) && output.dtype === target.dtype) return
  throw new ShapeError(
    `${who}: wanted a target of ${output.dtype} ${showShape(output.shape)}, got ${target.dtype} ${showShape(target.shape)}`,
  )
}
