import { ShapeError } from '../core/errors.ts'
import { show } from '../core/shape.ts'
import { node, type Tensor } from '../core/tensor.ts'

/**
 * The axes of `x` in another order: axis `i` of the result is axis `order[i]` of `x`. As PyTorch's `permute`.
 *
 * @param order each axis once; reversed by default
 */
export function transpose(x: Tensor, order: readonly number[] = x.shape.map((_, i) => i).reverse()): Tensor {
  const inverse = x.shape.map((_, i) => order.indexOf(i))
  if (order.length !== x.shape.length || inverse.includes(-1)) {
    throw new ShapeError(`transpose: wanted each axis of ${show(x.shape)} once, got ${show(order)}`)
  }
  return node('Transpose', {
    inputs: [x],
    attributes: { perm: order },
    shape: order.map((i) => x.shape[i]!),
    dtype: x.dtype,
    grad: (dy) => [transpose(dy, inverse)],
  })
}
