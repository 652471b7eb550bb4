import { sizeOf } from '../core/shape.ts'
import { constant, type Tensor } from '../core/tensor.ts'
import { reshape } from './broadcast.ts'
import { matmul } from './matmul.ts'

/** For each element of a new axis, the weights of old elements by index into the old axis. */
export type Weights = readonly ReadonlyMap<number, number>[]

/** Weights of 1/count for the elements from `first` to `end`, exclusive. */
export const evenly = (first: number, end: number, count: number): ReadonlyMap<number, number> =>
  new Map(Array.from({ length: end - first }, (_, k) => [first + k, 1 / count]))

/**
 * Replaces each axis after `[batch, channels, …]` by weighted sums along it: window means, interpolation. Each
 * is a product with a mostly zero matrix, for which every float type has a kernel, and so is its gradient.
 *
 * @param weights of each axis from the third
 */
export function weighAxes(x: Tensor, weights: readonly Weights[]): Tensor {
  return weights.reduce((t, axisWeights, i) => weighAxis(t, i + 2, axisWeights), x)
}

function weighAxis(x: Tensor, axis: number, weights: Weights): Tensor {
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

/** Returns the weights as a matrix `[new, old]`, or transposed. */
function matrix(weights: Weights, n: number, transposed: boolean, { dtype }: Tensor): Tensor {
  const data = new Float64Array(weights.length * n)
  weights.forEach((row, i) => {
    for (const [j, weight] of row) data[transposed ? j * weights.length + i : i * n + j] = weight
  })
  return constant(data, transposed ? [n, weights.length] : [weights.length, n], dtype)
}
