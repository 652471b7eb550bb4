import { sizeOf } from '../core/shape.ts'
import { type Tensor, topological } from '../core/tensor.ts'

/** Multiplications per step above which a second thread is worth waking. */
const worthSharing = 5e6

/**
 * The number of threads to run a graph with.
 *
 * Depends on the graph, not on a measurement: the same experiment on the same machine gives the same numbers.
 */
export function threadsFor(roots: readonly Tensor[], available: number): number {
  const work = topological(roots).reduce((sum, t) => sum + multiplications(t), 0)
  return work < worthSharing ? 1 : Math.min(4, available)
}

/** Multiplications in one node; 0 for all but matrix products and convolutions. */
function multiplications(t: Tensor): number {
  const [a, b] = t.inputs.map(({ shape }) => shape)
  switch (t.op) {
    case 'Gemm':
    case 'MatMul': // m·k·n = √(mk · kn · mn)
      return Math.sqrt(sizeOf(a!) * sizeOf(b!) * sizeOf(t.shape))
    case 'Conv': // each output uses all weights of its channel
      return sizeOf(t.shape) * sizeOf(b!.slice(1))
    case 'ConvTranspose': // as does each input
      return sizeOf(a!) * sizeOf(b!.slice(1))
    default:
      return 0
  }
}
