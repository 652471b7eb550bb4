import {
  type Axes,
  axesOf,
  misfit,
  resolveAxes,
  type Shape,
  showShape,
  sizeOf,
  withoutAxes,
} from '../core/shape.ts'
import { node, type Tensor } from '../core/tensor.ts'
import { expand, reshape } from './broadcast.ts'

/**
 * Permutes the axes of `x`: axis `i` of the result is axis `order[i]` of `x`. As PyTorch's `permute`.
 *
 * @param order every axis exactly once; if omitted, the axes are reversed
 */
export function transpose(x: Tensor, order: readonly number[] = axesOf(x.shape).reverse()): Tensor {
  const inverse = x.shape.map((_, i) => order.indexOf(i))
  if (order.length !== x.shape.length || inverse.includes(-1)) {
    throw misfit('transpose', `each axis of ${showShape(x.shape)} once`, order)
  }
  return node('Transpose', {
    inputs: [x],
    attributes: { perm: order },
    shape: order.map((i) => x.shape[i]!),
    grad: (dy) => [transpose(dy, inverse)],
  })
}

/** Removes `axes`, each of which must have size 1; if omitted, all axes of size 1. As PyTorch's `squeeze`. */
export function squeeze(x: Tensor, axes?: Axes): Tensor {
  const units = x.shape.flatMap((n, i) => (n === 1 ? [i] : []))
  const gone = resolveAxes('squeeze', axes ?? units, x.shape.length)
  const long = gone.find((axis) => x.shape[axis] !== 1)
  if (long !== undefined) throw misfit('squeeze', `size 1 on axis ${long}`, x.shape)
  return reshape(x, withoutAxes(x.shape, gone))
}

/** Inserts an axis of size 1 at position `axis` of the result. As PyTorch's `unsqueeze`. */
export function unsqueeze(x: Tensor, axis: number): Tensor {
  const [at] = resolveAxes('unsqueeze', [axis], x.shape.length + 1)
  return reshape(x, x.shape.toSpliced(at!, 0, 1))
}

/** Merges the axes from `first` to `last`, inclusive, into one. As PyTorch's `flatten`. */
export function flatten(x: Tensor, first: number = 0, last: number = -1): Tensor {
  if (x.shape.length === 0) return reshape(x, [1])
  const [from] = resolveAxes('flatten', [first], x.shape.length)
  const [to] = resolveAxes('flatten', [last], x.shape.length)
  const merged = sizeOf(x.shape.slice(from, to! + 1))
  return reshape(x, [...x.shape.slice(0, from), merged, ...x.shape.slice(to! + 1)])
}

/**
 * Repeats `x` along each axis. As PyTorch's `tile`.
 *
 * @param repeats number of copies along each of the last axes; more numbers than axes add leading axes
 */
export function tile(x: Tensor, repeats: readonly number[]): Tensor {
  const odd = repeats.find((n) => !Number.isInteger(n) || n < 0)
  if (odd !== undefined) throw misfit('tile', 'repeats as integers ≥ 0', repeats)
  const rank = Math.max(x.shape.length, repeats.length)
  const ones = (list: Shape): Shape => [...new Array<number>(rank - list.length).fill(1), ...list]
  const [sizes, times] = [ones(x.shape), ones(repeats)]
  const apart = sizes.flatMap((n) => [1, n])
  const stretched = sizes.flatMap((n, i) => [times[i]!, n])
  const joined = sizes.map((n, i) => n * times[i]!)
  return reshape(expand(reshape(x, apart), stretched), joined)
}
