import type { Tensor } from '../core/tensor.ts'
import { blockConvolutions } from './blocked.ts'
import { transformConvolutions } from './transformed.ts'

/**
 * Rewrites the convolutions of a graph to run fast. Loaded by the graphs that have some.
 *
 * @param block channels per block of this CPU's kernels; below 2 without blocks
 */
export const fastConvolutions = (roots: readonly Tensor[], block: number = 1): Tensor[] =>
  transformConvolutions(blockConvolutions(roots, block))
