import { type Shape, sizeOf } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'

/** Operators that count as 0 operations, since they only move, copy or create elements. */
const free: ReadonlySet<string> = new Set([
  ...['Cast', 'Concat', 'Constant', 'Expand', 'Flatten', 'Gather', 'GatherElements', 'GatherND', 'Identity'],
  ...['Input', 'OneHot', 'Pad', 'Reshape', 'Slice', 'Split', 'Squeeze', 'Tile', 'Transpose', 'Unsqueeze'],
])

/**
 * Counts the floating-point operations of one node of a graph: 2 per multiply–add of a matrix product or convolution,
 * 1 per input element of a reduction, softmax or pooling, 1 per output element of any other arithmetic.
 */
export function flopsOf(t: Tensor): number {
  const [a, b, bias] = t.inputs
  const out = sizeOf(t.shape)
  switch (t.op) {
    case 'MatMul':
      return 2 * out * (a?.shape.at(-1) ?? 1)
    case 'Gemm':
      return 2 * out * (a?.shape[t.attributes.transA ? 0 : 1] ?? 1) + (bias ? out : 0)
    case 'Conv':
      return 2 * out * kernel(b!.shape) + (bias ? out : 0)
    case 'ConvTranspose':
      return 2 * sizeOf(a!.shape) * kernel(b!.shape) + (bias ? out : 0)
    case 'BatchNormalization': // by fixed statistics, a multiply–add for each element
      return 2 * out
    default:
      if (free.has(t.op)) return 0
      return /^Reduce|[sS]oftmax|Pool/.test(t.op) ? Math.max(out, sizeOf(a!.shape)) : out
  }
}

/** Returns the number of weights per output element of a convolution (if transposed, per input element). */
const kernel = ([, ...rest]: Shape): number => sizeOf(rest)
