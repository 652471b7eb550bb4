import { boolean, integer, type OptionsOf, readOptions } from '../core/options.ts'
import { resolveAxes } from '../core/shape.ts'
import { int64s, node, type Tensor } from '../core/tensor.ts'
import { zerosOf } from './broadcast.ts'
import { scatterAdd } from './gather.ts'

/** Elements in order, with the index of each. */
export interface Sorted {
  /** A gradient flows back to where each came from. */
  readonly values: Tensor
  /** int64; no gradient. */
  readonly indices: Tensor
}

const topKOptions = {
  /** False for the least elements, least first. @default true */
  largest: boolean(true),
}
export interface TopKOptions extends OptionsOf<typeof topKOptions> {}

/**
 * The `k` greatest elements along `axis`, greatest first; of equals, the earlier first. As PyTorch's `topk`.
 *
 * @throws {ArgumentError} when k is not from 1 to the size of the axis.
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
    grad: (dy) => [scatterAdd(zerosOf(x.shape, dy.dtype), along!, indices, dy)],
  })
  return { values, indices }
}

const sortOptions = {
  /** Whether the greatest comes first. @default false */
  descending: boolean(false),
}
export interface SortOptions extends OptionsOf<typeof sortOptions> {}

/** The elements along `axis` in order, least first; equals keep their order. As PyTorch's `sort`. */
export const sort = (x: Tensor, axis: number = -1, options?: SortOptions): Sorted =>
  sorted('sort', x, axis, options)

/** The indices that would sort `x` along `axis`, int64. As PyTorch's `argsort`. */
export const argSort = (x: Tensor, axis: number = -1, options?: SortOptions): Tensor =>
  sorted('argSort', x, axis, options).indices

function sorted(who: string, x: Tensor, axis: number, options: SortOptions | undefined): Sorted {
  const { descending } = readOptions(who, sortOptions, options)
  const [along] = resolveAxes(who, [axis], x.shape.length)
  return topK(x, x.shape[along!]!, axis, { largest: descending })
}
