import { broadcast, misfit, sameShape, showShape } from '../core/shape.ts'
import { node, scalar, type Tensor } from '../core/tensor.ts'
import { add, div, mul } from './arithmetic.ts'
import { sumTo } from './broadcast.ts'
import { greater, less, where } from './compare.ts'
import { unary } from './elementwise.ts'
import { clamp } from './extremum.ts'
import { logicalAnd } from './logic.ts'

// Piecewise activations. Slopes at the joints are PyTorch's.

/** `max(x, 0)`. The slope at 0 is taken as 0, as in PyTorch. */
export const relu = (x: Tensor): Tensor => unary('Relu', x, (dy, y) => where(greater(y, 0), dy, 0))

/** `x` above 0, `slope · x` below. */
export const leakyRelu = (x: Tensor, slope: number = 0.01): Tensor => prelu(x, scalar(slope, x.dtype))

/**
 * `x` above 0, `weight · x` below: a leaky ReLU with a learned slope.
 *
 * @param weight broadcasts to the shape of `x`; unlike PyTorch's, `[channels]` is along the last axis
 * @throws {ShapeError} when it does not broadcast.
 */
export function prelu(x: Tensor, weight: Tensor): Tensor {
  if (!sameShape(broadcast('prelu', x.shape, weight.shape), x.shape) || weight.dtype !== x.dtype) {
    throw misfit('prelu', `a weight of ${x.dtype} that broadcasts to ${showShape(x.shape)}`, weight)
  }
  return node('PRelu', {
    inputs: [x, weight],
    shape: x.shape,
    dtype: x.dtype,
    grad: (dy) => {
      const above = greater(x, 0)
      return [where(above, dy, mul(dy, weight)), sumTo(where(above, 0, mul(dy, x)), weight.shape)]
    },
  })
}

/** `x` above 0, `α(eˣ − 1)` below. Source: Clevert et al. 2015, https://arxiv.org/abs/1511.07289. */
export function elu(x: Tensor, alpha: number = 1): Tensor {
  const one = unary('Elu', x)
  const y: Tensor = {
    ...(alpha === 1 ? one : where(greater(x, 0), one, mul(one, alpha))),
    sources: [x],
    grad: (dy) => [where(greater(x, 0), dy, mul(dy, add(y, alpha)))], // below 0, y + α = αeˣ
  }
  return y
}

/**
 * `elu` with the scale and α that keep mean 0 and variance 1 from layer to layer.
 *
 * Source: Klambauer et al. 2017, https://arxiv.org/abs/1706.02515.
 */
export const selu = (x: Tensor): Tensor => mul(elu(x, 1.6732632423543772), 1.0507009873554805)

/** `x` above 0, `α(e^(x/α) − 1)` below. */
export const celu = (x: Tensor, alpha: number = 1): Tensor =>
  alpha === 1 ? elu(x) : mul(elu(div(x, alpha)), alpha)

/** `x` clamped to `low … high`. Unlike that of `clamp`, its slope at the bounds is 0. */
export const hardtanh = (x: Tensor, low: number = -1, high: number = 1): Tensor => ({
  ...clamp(x, low, high),
  sources: [x],
  grad: (dy) => [where(logicalAnd(greater(x, low), less(x, high)), dy, 0)],
})

/** `x` clamped to 0 … 6. */
export const relu6 = (x: Tensor): Tensor => hardtanh(x, 0, 6)

/** `(x + 3)/6` clamped to 0 … 1: a piecewise linear sigmoid. */
export const hardsigmoid = (x: Tensor): Tensor => div(relu6(add(x, 3)), 6)

/** `x · hardsigmoid(x)`. Source: Howard et al. 2019, https://arxiv.org/abs/1905.02244. */
export const hardswish = (x: Tensor): Tensor => mul(x, hardsigmoid(x))
