import { sizeOf } from '../core/shape.ts'
import { constant, type Tensor } from '../core/tensor.ts'
import { reshape } from './broadcast.ts'
import { matmul } from './matmul.ts'

/** Weighted sums along an axis: for each new element, a map from indices of old elements to their weights. */
export type Weights = readonly ReadonlyMap<number, number>[]

/** Maps each index from `first` to `end`, exclusive, to the weight 1/count. */
export const evenly = (first: number, end: number, count: number): ReadonlyMap<number, number> =>
  new Map(Array.from({ length: end - first }, (_, k) => [first + k, 1 / count]))

/**
 * Replaces each axis after batch and channels by weighted sums along it, such as window means. The sums and
 * their gradients are products with mostly zero matrices, which ONNX Runtime computes for every float type.
 *
 * @param weights one for each axis from the third
 */
export function weighAxes(x: Tensor, weights: readonly Weights[]): Tensor {
  return weights.reduce((t, axisWeights, i) => weighAxis(t, i + 2, axisWeights), x)
}

/** Replaces one axis by weighted sums along it. */
export function weighAxis(x: Tensor, axis: number, weights: Weights): Tensor {
  const n = x.shape[axis]!
  if (weights.length === n && weights.every((row, i) => row.size === 1 && row.get(i) === 1)) return x
  const shape = x.shape.with(axis, weights.length)
  if (axis === x.shape.length - 1) {
    const rows = reshape(x, [sizeOf(x.shape.slice(0, -1)), n])
    return reshape(matmul(rows, matrix(weights, n, true, x)), shape)
  }
  const planes = reshape(x, [sizeOf(x.shape.slice(0, axis)), n, sizeOf(x.shape.slice(axis + 1))])
  return reshape(matmul(matrix(weights, n, false, x), planes), shape)
}

/** Returns the weights as a matrix `[new size, old size]`, or transposed; n is the old size of the axis. */
function matrix(weights: Weights, n: number, transposed: boolean, { dtype }: Tensor): Tensor {
  const data = new Float64Array(weights.length * n)
  weights.forEach((row, i) => {
    for (const [j, weight] of row) data[transposed ? j * weights.length + i : i * n + j] = weight
  })
  return constant(data, transposed ? [n, weights.length] : [weights.length, n], dtype)
}
