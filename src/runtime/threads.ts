import { sizeOf } from '../core/shape.ts'
import { type Tensor, topological } from '../core/tensor.ts'

/** Multiplications a step, above which a second thread pays for waking it. */
const worthSharing = 5e6

/**
 * How many of the `available` threads a graph deserves.
 *
 * A rule on the graph, not a measurement: the same experiment on the same machine gets the same numbers.
 */
export function threadsFor(roots: readonly Tensor[], available: number): number {
  const work = topological(roots).reduce((sum, t) => sum + multiplications(t), 0)
  return work < worthSharing ? 1 : Math.min(4, available)
}

/** Multiplications in one node, of matrix products alone: m·k·n = √(mk · kn · mn). */
function multiplications(t: Tensor): number {
  if (t.op !== 'Gemm' && t.op !== 'MatMul') return 0
  const [a, b] = t.inputs
  return Math.sqrt(sizeOf(a!.shape) * sizeOf(b!.shape) * sizeOf(t.shape))
}
