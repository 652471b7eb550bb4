import { resolveAxes } from '../core/shape.ts'
import { node, type Tensor } from '../core/tensor.ts'
import { checkFloat, exp, mul, sub } from './arithmetic.ts'
import { sum } from './broadcast.ts'

/** `x − ln Σ eˣ` along `axis`: the logarithm of the softmax, without overflow. */
export function logSoftmax(x: Tensor, axis: number = -1): Tensor {
  checkFloat('logSoftmax', x)
  const [along] = resolveAxes('logSoftmax', [axis], x.shape.length)
  const y: Tensor = node('LogSoftmax', {
    inputs: [x],
    attributes: { axis: along! },
    shape: x.shape,
    dtype: x.dtype,
    grad: (dy) => [sub(dy, mul(exp(y), sum(dy, [along!], { keepDims: true })))],
  })
  return y
}

/** `eˣ / Σ eˣ` along `axis`: positive numbers whose sum is 1. */
export function softmax(x: Tensor, axis: number = -1): Tensor {
  checkFloat('softmax', x)
  const [along] = resolveAxes('softmax', [axis], x.shape.length)
  const y: Tensor = node('Softmax', {
    inputs: [x],
    attributes: { axis: along! },
    shape: x.shape,
    dtype: x.dtype,
    grad: (dy) => [mul(y, sub(dy, sum(mul(dy, y), [along!], { keepDims: true })))],
  })
  return y
}
