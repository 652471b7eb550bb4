import { resolveAxes } from '../core/shape.ts'
import { node, scalar, type Tensor } from '../core/tensor.ts'

/** Cumulative sum along `axis`, each element included in its own sum. As PyTorch's `cumsum`. */
export const cumSum = (x: Tensor, axis: number): Tensor => running('cumSum', x, axis, false)

/** The gradient is a sum from the other end: each element contributes to the sums at and after its position. */
function running(who: string, x: Tensor, axis: number, reverse: boolean): Tensor {
  const [along] = resolveAxes(who, [axis], x.shape.length)
  return node('CumSum', {
    inputs: [x, scalar(along!, 'int64')],
    attributes: { exclusive: 0, reverse: Number(reverse) },
    grad: (dy) => [running(who, dy, along!, !reverse), null],
  })
}
