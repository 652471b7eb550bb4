import { boolean, integer, type OptionsOf, readOptions } from '../core/options.ts'
import { resolveAxes } from '../core/shape.ts'
import { int64s, node, type Tensor } from '../core/tensor.ts'
import { zerosOf } from './broadcast.ts'
import { scatterAddUnchecked } from './gather.ts'

/** Sorted elements of a tensor, and their indices along the sorted axis. */
export interface Sorted {
  /** Sorted elements. The gradient flows back to the original positions. */
  readonly values: Tensor
  /** Original index of each element along the sorted axis, int64. No gradient flows. */
  readonly indices: Tensor
}

const topKOptions = {
  /** Whether to return the greatest elements, greatest first; if not, the least, least first. @default true */
  largest: boolean(true),
}
export interface TopKOptions extends OptionsOf<typeof topKOptions> {}

/**
 * The `k` greatest elements along `axis`, greatest first; ties keep their order. As PyTorch's `topk`.
 *
 * @throws {ArgumentError} unless k is from 1 to the size of the axis.
 */
export function topK(x: Tensor, k: number, axis: number = -1, options?: TopKOptions): Sorted {
  const { largest } = readOptions('topK', topKOptions, options)
  const [along] = resolveAxes('topK', [axis], x.shape.length)
  integer({ min: 1, max: x.shape[along!]! }).read('topK', 'k', k)
  const recipe = {
    inputs: [x, int64s([k])],
    attributes: { axis: along!, largest: Number(largest), sorted: 1 },
    shape: x.shape.with(along!, k),
  }
  const indices = node('TopK', { ...recipe, dtype: 'int64', output: { index: 1, count: 2 } })
  const values = node('TopK', {
    ...recipe,
    dtype: x.dtype,
    output: { index: 0, count: 2 },
    sources: [x],
    grad: (dy) => [scatterAddUnchecked(zerosOf(x.shape, dy.dtype), along!, indices, dy)],
  })
  return { values, indices }
}

const sortOptions = {
  /** Whether to sort from greatest to least. @default false */
  descending: boolean(false),
}
export interface SortOptions extends OptionsOf<typeof sortOptions> {}

/** Sorts the elements along `axis`, least first; ties keep their order. As PyTorch's `sort`. */
export const sort = (x: Tensor, axis: number = -1, options?: SortOptions): Sorted =>
  sorted('sort', x, axis, options)

/** Indices of the elements in sorted order along `axis`, int64. As PyTorch's `argsort`. */
export const argSort = (x: Tensor, axis: number = -1, options?: SortOptions): Tensor =>
  sorted('argSort', x, axis, options).indices

function sorted(who: string, x: Tensor, axis: number, options: SortOptions | undefined): Sorted {
  const { descending } = readOptions(who, sortOptions, options)
  const [along] = resolveAxes(who, [axis], x.shape.length)
  return topK(x, x.shape[along!]!, axis, { largest: descending })
}
