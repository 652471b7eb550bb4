import { resolveAxes } from '../core/shape.ts'
import { node, scalar, type Tensor } from '../core/tensor.ts'

/** The sum of each element and all before it along `axis`. As PyTorch's `cumsum`. */
export const cumSum = (x: Tensor, axis: number): Tensor => running('cumSum', x, axis, false)

/** Its gradient is a sum from the other end: an element is in its own sum and in all later ones. */
function running(who: string, x: Tensor, axis: number, reverse: boolean): Tensor {
  const [along] = resolveAxes(who, [axis], x.shape.length)
  return node('CumSum', {
    inputs: [x, scalar(along!, 'int64')],
    attributes: { exclusive: 0, reverse: Number(reverse) },
    shape: x.shape,
    dtype: x.dtype,
    grad: (dy) => [running(who, dy, along!, !reverse), null],
  })
}
