import { misfit, resolveAxes, type Shape, sameShape, showShape, sizeOf } from '../core/shape.ts'
import { node, type Tensor } from '../core/tensor.ts'
import { expand, reshape, zerosOf } from './broadcast.ts'
import { checkIntegers } from './elementwise.ts'

// `gather` and `scatterAdd` are adjoint to each other, so they share a file, as do selecting and adding rows.
// An index outside its axis fails the run with an ONNX Runtime error that names the index.

/**
 * Picks elements of `x`: each element of `index` is a position along `axis`. As PyTorch's `gather`.
 *
 *     y[i, j, k] = x[i, index[i, j, k], k]    for axis 1 of 3
 *
 * @param index int32 or int64, with as many axes as `x`; only along `axis` may it be longer than `x`
 * @returns the shape of `index`
 * @throws {ShapeError} when the shapes do not fit, or the indices are not integers.
 */
export function gather(x: Tensor, axis: number, index: Tensor): Tensor {
  const along = checkIndex('gather', x, axis, index)
  return node('GatherElements', {
    inputs: [x, index],
    attributes: { axis: along },
    shape: index.shape,
    grad: (dy) => [scatterAdd(zerosOf(x.shape, dy.dtype), along, index, dy), null],
  })
}

/**
 * Adds each element of `source` to the element of `x` at the position along `axis` that `index` gives for it.
 * As PyTorch's `scatter_add`.
 *
 *     y = x;  y[i, index[i, j, k], k] += source[i, j, k]    for axis 1 of 3
 *
 * @param index int32 or int64, with as many axes as `x`; only along `axis` may it be longer than `x`
 * @param source the shape of `index`
 * @throws {ShapeError} when the shapes or types do not fit.
 */
export function scatterAdd(x: Tensor, axis: number, index: Tensor, source: Tensor): Tensor {
  const along = checkIndex('scatterAdd', x, axis, index)
  if (!sameShape(source.shape, index.shape) || source.dtype !== x.dtype) {
    throw misfit('scatterAdd', `a source of ${x.dtype} ${showShape(index.shape)}`, source)
  }
  return node('ScatterElements', {
    inputs: [x, index, source],
    attributes: { axis: along, reduction: 'add' },
    grad: (dy) => [dy, null, gather(dy, along, index)],
  })
}

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
 * @throws {ShapeError} when `index` is not a list of integers.
 */
export function indexSelect(x: Tensor, axis: number, index: Tensor): Tensor {
  const [along] = resolveAxes('indexSelect', [axis], x.shape.length)
  if (index.shape.length !== 1) throw misfit('indexSelect', 'an index of [k]', index.shape)
  checkIntegers('indexSelect', 'an index', index)
  return select(x, along!, index)
}

const select = (x: Tensor, axis: number, index: Tensor): Tensor =>
  node('Gather', {
    inputs: [x, index],
    attributes: { axis },
    shape: x.shape.map((n, i) => (i === axis ? index.shape[0]! : n)),
    grad: (dy) => [addAt(x.shape, axis, index, dy), null],
  })

/**
 * Returns zeros of `shape` plus slices of `dy` at positions `index` along `axis`: the adjoint of `select`.
 *
 * Adds element by element. `ScatterND` would add whole rows 5 to 15 times as fast, but with more than one
 * thread, ONNX Runtime 1.30 loses sums of rows that `index` lists twice.
 */
function addAt(shape: Shape, axis: number, index: Tensor, dy: Tensor): Tensor {
  const along = shape.map((_, i) => (i === axis ? index.shape[0]! : 1))
  return scatterAdd(zerosOf(shape, dy.dtype), axis, expand(reshape(index, along), dy.shape), dy)
}

/**
 * Looks up a row of `weight`, a table of learned vectors, for each index. As PyTorch's `embedding`.
 *
 * @param index `[…]` of int32 or int64: row numbers
 * @param weight `[rows, features]`
 * @returns `[…, features]`
 * @throws {ShapeError} when the indices are not integers, or `weight` is not a matrix.
 */
export function embedding(index: Tensor, weight: Tensor): Tensor {
  checkIntegers('embedding', 'an index', index)
  if (weight.shape.length !== 2) throw misfit('embedding', 'a weight of [rows, features]', weight.shape)
  const rows = select(weight, 0, reshape(index, [sizeOf(index.shape)]))
  return reshape(rows, [...index.shape, weight.shape[1]!])
}

/** Picks elements of the flattened `x` by position; returns the shape of `index`. As PyTorch's `take`. */
export function take(x: Tensor, index: Tensor): Tensor {
  checkIntegers('take', 'an index', index)
  const list = reshape(index, [sizeOf(index.shape)])
  return reshape(select(reshape(x, [sizeOf(x.shape)]), 0, list), index.shape)
}
