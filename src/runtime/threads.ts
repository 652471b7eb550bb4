import { integer } from '../core/options.ts'
import { sizeOf } from '../core/shape.ts'
import { type Tensor, topological } from '../core/tensor.ts'

/** Declares an option that is a number of threads; its maximum is more than any machine has. */
export const threadCount = integer({ min: 1, limit: 1024 })

/** Number of multiplications per step below which one thread is always the fastest. */
const small = 5e6

/** Number of multiplications per step from which on several threads are always faster than one. */
const large = 1e9

/**
 * Returns the numbers of threads that may be the fastest for a graph: 1 and several, for timing to choose from, or one
 * number where size leaves no doubt, or where results could depend on the choice.
 *
 * @param available number of processors that this process may use
 */
export function threadsFor(roots: readonly Tensor[], available: number): readonly number[] {
  const several = Math.min(4, available)
  const order = topological(roots, (t) => (t.body ? [...t.inputs, ...t.body.outputs] : t.inputs))
  const work = workOf(roots)
  if (several === 1 || work < small) return [1]
  return work >= large || order.some((t) => roundsByThreads(t, several)) ? [several] : [1, several]
}

/**
 * Returns whether an operator may round differently with another number of threads. ONNX Runtime's matrix product
 * with fewer rows than columns divides the columns among the threads. If a thread gets 64 columns or fewer, it adds up
 * terms in blocks of 256 or more instead of 128, unless it transposes the first matrix. A product with one column
 * and a convolution divide their sums by threads too. An LSTM consists of products of its weights, `[…, columns, terms]`.
 */
function roundsByThreads({ op, inputs, attributes, shape }: Tensor, several: number): boolean {
  if (op === 'Conv' || op === 'ConvTranspose') return true
  if (op === 'LSTM') return [inputs[1]!, inputs[2]!].some((weight) => weight.shape[2]! > 128)
  if ((op !== 'Gemm' && op !== 'MatMul') || attributes.transA === 1) return false
  const [left, right] = [inputs[0]!.shape, inputs[1]!.shape]
  const [rows, terms] = left.length === 1 ? [1, left[0]!] : [left.at(-2)!, left.at(-1)!]
  const columns = right.length === 1 ? 1 : shape.at(-1)!
  return rows > 1 && terms > 128 && (columns === 1 || (rows < columns && columns <= 160 * several))
}

/** Returns the number of multiplications in a graph. */
function workOf(roots: readonly Tensor[]): number {
  const bodies = new Set<number>() // outputs of one node have one body
  return topological(roots).reduce((sum, t) => {
    if (!t.body) return sum + multiplications(t)
    if (bodies.has(t.body.id)) return sum
    bodies.add(t.body.id)
    const length = t.inputs[t.body.taken - 1]!.shape[0]! // the last input taken is a sequence
    return sum + length * workOf(t.body.outputs)
  }, 0)
}

/** Returns the number of multiplications in a matrix product, convolution or LSTM; 0 for any other node. */
function multiplications(t: Tensor): number {
  const [a, b, c] = t.inputs.map(({ shape }) => shape)
  switch (t.op) {
    case 'Gemm':
    case 'MatMul': // m·k·n = √(mk · kn · mn)
      return Math.sqrt(sizeOf(a!) * sizeOf(b!) * sizeOf(t.shape))
    case 'Conv': // one per output element and weight of its channel
      return sizeOf(t.shape) * sizeOf(b!.slice(1))
    case 'ConvTranspose': // one per input element and weight of its channel
      return sizeOf(a!) * sizeOf(b!.slice(1))
    case 'LSTM': // one per step, example and weight
      return a![0]! * a![1]! * (sizeOf(b!) + sizeOf(c!))
    default:
      return 0
  }
}
