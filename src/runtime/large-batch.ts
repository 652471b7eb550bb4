import { sizeOf } from '../core/shape.ts'
import { type Tensor, topological } from '../core/tensor.ts'

/** Least number of elements of a normalized batch for which the graph is changed to take fewer passes over it. */
export const fewestElements = 2 ** 14

/** Whether a graph centres such a batch. If not, what changes graphs need not be loaded. */
export const hasLargeBatch = (roots: readonly Tensor[]): boolean =>
  topological(roots).some(
    ({ op, shape }) => op === 'Sub' && shape.length === 2 && sizeOf(shape) >= fewestElements,
  )
