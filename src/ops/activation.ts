import { broadcast, misfit, sameShape, showShape } from '../core/shape.ts'
import { node, scalar, type Tensor } from '../core/tensor.ts'
import { add, div, mul } from './arithmetic.ts'
import { sumTo } from './broadcast.ts'
import { clipTo } from './clip-to.ts'
import { cast, greater, less, where } from './compare.ts'
import { unary } from './elementwise.ts'
import { logicalAnd } from './logic.ts'

// Piecewise activations. Where two pieces meet, the slope is PyTorch's.

/** `max(x, 0)`. The derivative at 0 is taken as 0, as in PyTorch. */
export const relu = (x: Tensor): Tensor => unary('Relu', x, (dy, y) => mul(dy, isPositive(y)))

/**
 * Returns 1 where y > 0 and 0 where y = 0, for a y without negative elements. In float32, a hard sigmoid, `2¹²⁷ · y`
 * clamped to the range from 0 to 1, takes a third of the time of a comparison and a cast. It differs where no working
 * net is: below 2⁻¹²⁷, a denormalized number, it returns a fraction, and for NaN it returns NaN.
 */
const isPositive = (y: Tensor): Tensor =>
  y.dtype === 'float32'
    ? node('HardSigmoid', { inputs: [y], attributes: { alpha: { float: 2 ** 127 }, beta: { float: 0 } } })
    : cast(greater(y, 0), y.dtype)

/** `x` where x > 0, `slope · x` elsewhere. */
export const leakyRelu = (x: Tensor, slope: number = 0.01): Tensor => prelu(x, scalar(slope, x.dtype))

/**
 * `x` where x > 0, `weight · x` elsewhere: a leaky ReLU with a learned slope.
 *
 * @param weight broadcasts to the shape of `x`: unlike in PyTorch, `[channels]` is along the last axis
 * @throws {ShapeError} when `weight` does not broadcast.
 */
export function prelu(x: Tensor, weight: Tensor): Tensor {
  if (!sameShape(broadcast('prelu', x.shape, weight.shape), x.shape) || weight.dtype !== x.dtype) {
    throw misfit('prelu', `a weight of ${x.dtype} that broadcasts to ${showShape(x.shape)}`, weight)
  }
  return node('PRelu', {
    inputs: [x, weight],
    grad: (dy) => {
      const above = greater(x, 0)
      return [where(above, dy, mul(dy, weight)), sumTo(where(above, 0, mul(dy, x)), weight.shape)]
    },
  })
}

/** `x` where x > 0, `α(eˣ − 1)` elsewhere. Source: Clevert et al. 2015, https://arxiv.org/abs/1511.07289. */
export function elu(x: Tensor, alpha: number = 1): Tensor {
  const one = unary('Elu', x)
  const y: Tensor = {
    ...(alpha === 1 ? one : where(greater(x, 0), one, mul(one, alpha))),
    sources: [x],
    grad: (dy) => [where(greater(x, 0), dy, mul(dy, add(y, alpha)))], // for x < 0, y + α = αeˣ
  }
  return y
}

/**
 * `scale · elu(x, α)`, with constants that keep mean 0 and variance 1 from layer to layer.
 * Source: Klambauer et al. 2017, https://arxiv.org/abs/1706.02515.
 */
export const selu = (x: Tensor): Tensor => mul(elu(x, 1.6732632423543772), 1.0507009873554805)

/** `x` where x > 0, `α(e^(x/α) − 1)` elsewhere. */
export const celu = (x: Tensor, alpha: number = 1): Tensor =>
  alpha === 1 ? elu(x) : mul(elu(div(x, alpha)), alpha)

/** `x` clamped to the range from `low` to `high`. The derivative at the bounds is 0; for `clamp`, it is 1. */
export const hardtanh = (x: Tensor, low: number = -1, high: number = 1): Tensor => ({
  ...clipTo('hardtanh', x, low, high),
  sources: [x],
  grad: (dy) => [where(logicalAnd(greater(x, low), less(x, high)), dy, 0)],
})

/** `x` clamped to the range from 0 to 6. */
export const relu6 = (x: Tensor): Tensor => hardtanh(x, 0, 6)

/** `(x + 3)/6` clamped to the range from 0 to 1: a piecewise linear sigmoid. */
export const hardsigmoid = (x: Tensor): Tensor => div(relu6(add(x, 3)), 6)

/** `x · hardsigmoid(x)`. Source: Howard et al. 2019, https://arxiv.org/abs/1905.02244. */
export const hardswish = (x: Tensor): Tensor => mul(x, hardsigmoid(x))
