import { ArgumentError } from '../core/errors.ts'
import { resolveAxes } from '../core/shape.ts'
import { constant, node, scalar, type Tensor } from '../core/tensor.ts'
import { expand } from './broadcast.ts'
import { scatterAdd } from './gather.ts'

/** Elements in order, and where each was. */
export interface Sorted {
  /** A gradient flows through these, back to where each came from. */
  readonly values: Tensor
  /** int64; no gradient. */
  readonly indices: Tensor
}

/**
 * The `k` greatest elements along `axis`, greatest first; of equals, the earlier first. As PyTorch's `topk`.
 *
 * @param options.largest false for the least ones, least first
 * @throws {ArgumentError} when k is not from 1 to the size of the axis.
 */
export function topK(
  x: Tensor,
  k: number,
  axis: number = -1,
  { largest = true }: { readonly largest?: boolean } = {},
): Sorted {
  const [along] = resolveAxes('topK', [axis], x.shape.length)
  const n = x.shape[along!]!
  if (!Number.isInteger(k) || k < 1 || k > n)
    throw new ArgumentError(`topK: wanted k from 1 to ${n}, got ${k}`)
  const recipe = {
    inputs: [x, constant([k], [1], 'int64')],
    attributes: { axis: along!, largest: Number(largest), sorted: 1 },
    shape: x.shape.map((size, i) => (i === along ? k : size)),
  }
  const indices = node('TopK', { ...recipe, dtype: 'int64', output: { index: 1, count: 2 } })
  const values = node('TopK', {
    ...recipe,
    dtype: x.dtype,
    output: { index: 0, count: 2 },
    sources: [x],
    grad: (dy) => [scatterAdd(expand(scalar(0, dy.dtype), x.shape), along!, indices, dy)],
  })
  return { values, indices }
}

/**
 * The elements along `axis` in order, least first; equals stay in their order. As PyTorch's `sort`.
 *
 * @param options.descending greatest first
 */
export function sort(
  x: Tensor,
  axis: number = -1,
  { descending = false }: { readonly descending?: boolean } = {},
): Sorted {
  const [along] = resolveAxes('sort', [axis], x.shape.length)
  return topK(x, x.shape[along!]!, axis, { largest: descending })
}

/** The indices that would sort `x` along `axis`, int64. As PyTorch's `argsort`. */
export const argSort = (
  x: Tensor,
  axis: number = -1,
  options: { readonly descending?: boolean } = {},
): Tensor => sort(x, axis, options).indices
