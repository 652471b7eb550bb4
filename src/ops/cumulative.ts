import { resolveAxes } from '../core/shape.ts'
import { node, scalar, type Tensor } from '../core/tensor.ts'

/** Cumulative sum along `axis`, inclusive: `y[i] = x[0] + … + x[i]`. As PyTorch's `cumsum`. */
export const cumSum = (x: Tensor, axis: number): Tensor => running('cumSum', x, axis, false)

/** Cumulative sum along `axis`, from the end if `reverse`. Its gradient is the sum of dy from the other end. */
function running(who: string, x: Tensor, axis: number, reverse: boolean): Tensor {
  const [along] = resolveAxes(who, [axis], x.shape.length)
  return node('CumSum', {
    inputs: [x, scalar(along!, 'int64')],
    attributes: { exclusive: 0, reverse: Number(reverse) },
    grad: (dy) => [running(who, dy, along!, !reverse), null],
  })
}
