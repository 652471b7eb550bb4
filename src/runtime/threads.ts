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

/** Multiplications in one node, of matrix products and convolutions alone. */
function multiplications(t: Tensor): number {
  const [a, b] = t.inputs.map(({ shape }) => shape)
  switch (t.op) {
    case 'Gemm':
    case 'MatMul': // m·k·n = √(mk · kn · mn)
      return Math.sqrt(sizeOf(a!) * sizeOf(b!) * sizeOf(t.shape))
    case 'Conv': // each output sees all of its weights
      return sizeOf(t.shape) * sizeOf(b!.slice(1))
    case 'ConvTranspose': // each input does
      return sizeOf(a!) * sizeOf(b!.slice(1))
    default:
      return 0
  }
}
