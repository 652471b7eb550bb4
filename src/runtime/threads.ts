import { integer } from '../core/options.ts'
import { sizeOf } from '../core/shape.ts'
import { type Tensor, topological } from '../core/tensor.ts'

/** Declares an option that is a number of threads; its maximum is more than any machine has. */
export const threadCount = integer({ min: 1, limit: 1024 })

/** Minimum number of multiplications per step for which several threads are faster than one. */
const worthSharing = 5e6

/**
 * Returns the number of threads for a graph, at most `available`. It depends on the graph rather than on
 * measured times, so that results on one machine are reproducible.
 */
export function threadsFor(roots: readonly Tensor[], available: number): number {
  const work = topological(roots).reduce((sum, t) => sum + multiplications(t), 0)
  return work < worthSharing ? 1 : Math.min(4, available)
}

/** Returns the number of multiplications in a matrix product or convolution; 0 for any other node. */
function multiplications(t: Tensor): number {
  const [a, b] = t.inputs.map(({ shape }) => shape)
  switch (t.op) {
    case 'Gemm':
    case 'MatMul': // m·k·n = √(mk · kn · mn)
      return Math.sqrt(sizeOf(a!) * sizeOf(b!) * sizeOf(t.shape))
    case 'Conv': // one per output element and weight of its channel
      return sizeOf(t.shape) * sizeOf(b!.slice(1))
    case 'ConvTranspose': // one per input element and weight of its channel
      return sizeOf(a!) * sizeOf(b!.slice(1))
    default:
      return 0
  }
}
