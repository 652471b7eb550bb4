import { type Shape, sizeOf } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'

/** Operators without arithmetic: they only move, copy or create elements. */
const free: ReadonlySet<string> = new Set([
  ...['Cast', 'Concat', 'Constant', 'Expand', 'Flatten', 'Gather', 'GatherElements', 'GatherND', 'Identity'],
  ...['Input', 'OneHot', 'Pad', 'Reshape', 'Slice', 'Split', 'Squeeze', 'Tile', 'Transpose', 'Unsqueeze'],
])

/**
 * Counts the floating-point operations of one node: 2 per multiply–add of a product or convolution, 1 per
 * element that a reduction, softmax or pool reads, 1 per element that any other node writes.
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
    default:
      if (free.has(t.op)) return 0
      return /^Reduce|[sS]oftmax|Pool/.test(t.op) ? Math.max(out, sizeOf(a!.shape)) : out
  }
}

/** Number of weights per output element, or per input element if transposed: all axes but the first. */
const kernel = ([, ...rest]: Shape): number => sizeOf(rest)
