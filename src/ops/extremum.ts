import { type Axes, axesOf } from '../core/shape.ts'
import { scalar, type Tensor } from '../core/tensor.ts'
import { div, mul } from './arithmetic.ts'
import { type KeepDims, sum } from './broadcast.ts'
import { clipTo } from './clip-to.ts'
import { cast, equal, greater, where } from './compare.ts'
import { binary, type Operand } from './elementwise.ts'
import { reduction } from './reduction.ts'

/** The greater of `a` and `b`, element by element. Where they are equal, each gets half of the gradient. */
export const maximum = (a: Operand, b: Operand): Tensor =>
  binary('Max', a, b, (dy, x, y) => [mul(dy, share(x, y)), mul(dy, share(y, x))])

/** The lesser of `a` and `b`, element by element. Where they are equal, each gets half of the gradient. */
export const minimum = (a: Operand, b: Operand): Tensor =>
  binary('Min', a, b, (dy, x, y) => [mul(dy, share(y, x)), mul(dy, share(x, y))])

/** Share of the gradient of max(a, b) that flows to `a`: 1 where a > b, ½ where a = b, 0 elsewhere. */
const share = (a: Tensor, b: Tensor): Tensor =>
  where(equal(a, b), scalar(0.5, a.dtype), cast(greater(a, b), a.dtype))

/**
 * Limits `x` to the range from `low` to `high`. No gradient flows where x < low or x > high.
 *
 * @param low −∞ for no lower bound
 * @param high ∞ for no upper bound
 * @throws {ArgumentError} when low > high.
 * @throws {ShapeError} when the elements of `x` are not floats; `maximum` and `minimum` take integers too.
 */
export function clamp(x: Tensor, low: number, high: number = Number.POSITIVE_INFINITY): Tensor {
  return clipTo('clamp', x, low, high)
}

/**
 * The greatest element over `axes`. As PyTorch's `amax`: equal maxima get equal shares of the gradient.
 *
 * @param axes all axes if omitted @throws {ShapeError} when an axis is outside `x`, or empty.
 */
export const max = (x: Tensor, axes: Axes = axesOf(x.shape), options?: KeepDims): Tensor =>
  extreme('ReduceMax', 'max', x, axes, options)

/**
 * The least element over `axes`. As PyTorch's `amin`: equal minima get equal shares of the gradient.
 *
 * @param axes all axes if omitted @throws {ShapeError} when an axis is outside `x`, or empty.
 */
export const min = (x: Tensor, axes: Axes = axesOf(x.shape), options?: KeepDims): Tensor =>
  extreme('ReduceMin', 'min', x, axes, options)

const extreme = (op: string, who: string, x: Tensor, axes: Axes, options?: KeepDims): Tensor =>
  reduction(op, who, x, axes, options, (dy, y) => {
    const is = cast(equal(x, y), x.dtype)
    return mul(is, div(dy, sum(is, axes, { keepDims: true })))
  })
