import { resolveAxes } from '../core/shape.ts'
import { node, type Tensor } from '../core/tensor.ts'
import { exp, mul, sub } from './arithmetic.ts'
import { sum } from './broadcast.ts'
import { checkFloat } from './elementwise.ts'

/** `x − ln Σ eˣ` along `axis`: the logarithm of the softmax, without overflow. */
export const logSoftmax = (x: Tensor, axis: number = -1): Tensor =>
  along('LogSoftmax', 'logSoftmax', x, axis, (dy, y, sumOf) => sub(dy, mul(exp(y), sumOf(dy))))

/** `eˣ / Σ eˣ` along `axis`: positive values whose sum along `axis` is 1. */
export const softmax = (x: Tensor, axis: number = -1): Tensor =>
  along('Softmax', 'softmax', x, axis, (dy, y, sumOf) => mul(y, sub(dy, sumOf(mul(dy, y)))))

function along(
  op: string,
  who: string,
  x: Tensor,
  axis: number,
  partial: (dy: Tensor, y: Tensor, sumOf: (t: Tensor) => Tensor) => Tensor,
): Tensor {
  checkFloat(who, x)
  const axes = resolveAxes(who, [axis], x.shape.length)
  const y: Tensor = node(op, {
    inputs: [x],
    attributes: { axis: axes[0]! },
    grad: (dy) => [partial(dy, y, (t) => sum(t, axes, { keepDims: true }))],
  })
  return y
}
