import { misfit, resolveAxes, type Shape, sameShape, showShape, sizeOf } from '../core/shape.ts'
import { constant, node, type Tensor } from '../core/tensor.ts'
import { expand, reshape, zerosOf } from './broadcast.ts'
import { cast, equal } from './compare.ts'
import { checkIntegers } from './elementwise.ts'
import { matmul } from './matmul.ts'
import { checkPositions } from './range.ts'

// `gather` and `scatterAdd` are adjoint to each other, so they share a file, as do selecting and adding rows.
// An index outside its axis is an error, also when negative. Those with `Unchecked` in their names leave that to
// their callers: gradients, whose indices were checked before, and losses, which check their labels.

/**
 * Picks elements of `x`: each element of `index` is a position along `axis`. As PyTorch's `gather`.
 *
 *     y[i, j, k] = x[i, index[i, j, k], k]    for axis 1 of 3
 *
 * @param index int32 or int64, with as many axes as `x`; only along `axis` may it be longer than `x`
 * @returns the shape of `index`
 * @throws {ShapeError} when the shapes do not fit, or the indices are not integers. A step that runs refuses indices
 * outside of 0 to size − 1.
 */
export function gather(x: Tensor, axis: number, index: Tensor): Tensor {
  const along = checkIndex('gather', x, axis, index)
  checkPositions('gather', index, x.shape[along]!)
  return gatherUnchecked(x, along, index)
}

/** `gather` of indices that are known to be in range. */
export const gatherUnchecked = (x: Tensor, axis: number, index: Tensor): Tensor =>
  node('GatherElements', {
    inputs: [x, index],
    attributes: { axis },
    shape: index.shape,
    grad: (dy) => [scatterAddUnchecked(zerosOf(x.shape, dy.dtype), axis, index, dy), null],
  })

/**
 * Adds each element of `source` to the element of `x` at the position along `axis` that `index` gives for it.
 * As PyTorch's `scatter_add`.
 *
 *     y = x;  y[i, index[i, j, k], k] += source[i, j, k]    for axis 1 of 3
 *
 * @param index int32 or int64, with as many axes as `x`; only along `axis` may it be longer than `x`
 * @param source the shape of `index`
 * @throws {ShapeError} when the shapes or types do not fit. A step that runs refuses indices outside of 0 to
 * size − 1.
 */
export function scatterAdd(x: Tensor, axis: number, index: Tensor, source: Tensor): Tensor {
  const along = checkIndex('scatterAdd', x, axis, index)
  if (!sameShape(source.shape, index.shape) || source.dtype !== x.dtype) {
    throw misfit('scatterAdd', `a source of ${x.dtype} ${showShape(index.shape)}`, source)
  }
  checkPositions('scatterAdd', index, x.shape[along]!)
  return scatterAddUnchecked(x, along, index, source)
}

/** `scatterAdd` at indices that are known to be in range. */
export const scatterAddUnchecked = (x: Tensor, axis: number, index: Tensor, source: Tensor): Tensor =>
  node('ScatterElements', {
    inputs: [x, index, source],
    attributes: { axis, reduction: 'add' },
    grad: (dy) => [dy, null, gatherUnchecked(dy, axis, index)],
  })

function checkIndex(who: string, x: Tensor, axis: number, index: Tensor): number {
  const [along] = resolveAxes(who, [axis], x.shape.length)
  checkIntegers(who, 'an index', index)
  const fits = index.shape.every((n, i) => i === along || n <= x.shape[i]!)
  if (index.shape.length !== x.shape.length || !fits) {
    throw misfit(who, `an index within ${showShape(x.shape)} but for axis ${along}`, index.shape)
  }
  return along!
}

/**
 * Selects the slices of `x` at the positions `index` along `axis`, in that order. As PyTorch's `index_select`.
 *
 * @param index `[k]` of int32 or int64
 * @returns the shape of `x`, with size k along `axis`
 * @throws {ShapeError} when `index` is not a list of integers. A step that runs refuses indices outside of 0 to
 * size − 1.
 */
export function indexSelect(x: Tensor, axis: number, index: Tensor): Tensor {
  const [along] = resolveAxes('indexSelect', [axis], x.shape.length)
  if (index.shape.length !== 1) throw misfit('indexSelect', 'an index of [k]', index.shape)
  checkIntegers('indexSelect', 'an index', index)
  checkPositions('indexSelect', index, x.shape[along!]!)
  return select(x, along!, index)
}

const select = (x: Tensor, axis: number, index: Tensor): Tensor =>
  node('Gather', {
    inputs: [x, index],
    attributes: { axis },
    shape: x.shape.map((n, i) => (i === axis ? index.shape[0]! : n)),
    grad: (dy) => [addAt(x.shape, axis, index, dy), null],
  })

/** Greatest number of rows to which a matrix product adds rows faster than adding element by element. */
const fewRows = 128

/**
 * Returns zeros of `shape` plus slices of `dy` at positions `index` along `axis`: the adjoint of `select`.
 *
 * Rows of a small matrix are added by a product with the one-hot index: for 2048 rows of 128 added to 64, 0.21 ms on one
 * thread, where adding element by element takes 0.94 ms. A row that is not finite then reaches every row of the result.
 * `ScatterND` would add whole rows 5 to 15 times as fast as elements, but with more than one thread, ONNX Runtime 1.30
 * loses sums of rows that `index` lists twice.
 */
function addAt(shape: Shape, axis: number, index: Tensor, dy: Tensor): Tensor {
  if (shape.length === 2 && axis === 0 && shape[0]! <= fewRows) {
    const rows = constant([...Array(shape[0]).keys()], [shape[0]!, 1], index.dtype)
    return matmul(cast(equal(rows, reshape(index, [1, index.shape[0]!])), dy.dtype), dy)
  }
  const along = shape.map((_, i) => (i === axis ? index.shape[0]! : 1))
  return scatterAddUnchecked(zerosOf(shape, dy.dtype), axis, expand(reshape(index, along), dy.shape), dy)
}

/**
 * Looks up a row of `weight`, a table of learned vectors, for each index. As PyTorch's `embedding`.
 *
 * @param index `[…]` of int32 or int64: row numbers
 * @param weight `[rows, features]`
 * @returns `[…, features]`
 * @throws {ShapeError} when the indices are not integers, or `weight` is not a matrix. A step that runs refuses
 * indices outside of 0 to rows − 1.
 */
export function embedding(index: Tensor, weight: Tensor): Tensor {
  checkIntegers('embedding', 'an index', index)
  if (weight.shape.length !== 2) throw misfit('embedding', 'a weight of [rows, features]', weight.shape)
  checkPositions('embedding', index, weight.shape[0]!)
  const rows = select(weight, 0, reshape(index, [sizeOf(index.shape)]))
  return reshape(rows, [...index.shape, weight.shape[1]!])
}

/**
 * Picks elements of the flattened `x` by position; returns the shape of `index`. As PyTorch's `take`, but refuses
 * negative positions.
 *
 * @throws {ShapeError} when the positions are not integers. A step that runs refuses those outside of 0 to size − 1.
 */
export function take(x: Tensor, index: Tensor): Tensor {
  checkIntegers('take', 'an index', index)
  checkPositions('take', index, sizeOf(x.shape))
  return takeUnchecked(x, index)
}

/** `take` at positions that are known to be in range. */
export function takeUnchecked(x: Tensor, index: Tensor): Tensor {
  const list = reshape(index, [sizeOf(index.shape)])
  return reshape(select(reshape(x, [sizeOf(x.shape)]), 0, list), index.shape)
}
