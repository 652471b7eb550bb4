import { isFloat } from '../core/dtype.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { node, scalar, type Tensor } from '../core/tensor.ts'
import { binary, div, mul, type Operand } from './arithmetic.ts'
import { type KeepDims, sum } from './broadcast.ts'
import { cast, equal, greater, greaterEqual, lessEqual, where } from './compare.ts'
import { logicalAnd } from './logic.ts'
import { allAxes, reduction } from './reduction.ts'

/** The greater of `a` and `b`, element by element. Where they are equal, each gets half of the gradient. */
export const maximum = (a: Operand, b: Operand): Tensor =>
  binary('Max', a, b, (dy, x, y) => [mul(dy, share(x, y)), mul(dy, share(y, x))])

/** The lesser of `a` and `b`, element by element. Where they are equal, each gets half of the gradient. */
export const minimum = (a: Operand, b: Operand): Tensor =>
  binary('Min', a, b, (dy, x, y) => [mul(dy, share(y, x)), mul(dy, share(x, y))])

/** 1 where `a > b`, ½ where they are equal, 0 elsewhere. */
const share = (a: Tensor, b: Tensor): Tensor =>
  where(equal(a, b), scalar(0.5, a.dtype), cast(greater(a, b), a.dtype))

/**
 * `x`, but `low` where it is below and `high` where it is above. No gradient flows where it was changed.
 *
 * @param low −∞ for none
 * @param high ∞ for none
 * @throws {ArgumentError} when low > high.
 * @throws {ShapeError} when `x` is not of floats; `maximum` and `minimum` take integers too.
 */
export function clamp(x: Tensor, low: number, high: number = Number.POSITIVE_INFINITY): Tensor {
  if (!(low <= high)) throw new ArgumentError(`clamp: wanted low ≤ high, got ${low} and ${high}`)
  if (!isFloat(x.dtype)) throw new ShapeError(`clamp: wanted floats, got ${x.dtype}; use ops.cast first`)
  return node('Clip', {
    inputs: [x, scalar(low, x.dtype), scalar(high, x.dtype)],
    shape: x.shape,
    dtype: x.dtype,
    grad: (dy) => [where(logicalAnd(greaterEqual(x, low), lessEqual(x, high)), dy, 0), null, null],
  })
}

/**
 * The greatest element over `axes`, all of them by default. As PyTorch's `amax`: equal ones share the gradient.
 *
 * @throws {ShapeError} when an axis is none of `x`, or is empty.
 */
export const max = (x: Tensor, axes: readonly number[] = allAxes(x), options: KeepDims = {}): Tensor =>
  extreme('ReduceMax', 'max', x, axes, options)

/**
 * The least element over `axes`, all of them by default. As PyTorch's `amin`: equal ones share the gradient.
 *
 * @throws {ShapeError} when an axis is none of `x`, or is empty.
 */
export const min = (x: Tensor, axes: readonly number[] = allAxes(x), options: KeepDims = {}): Tensor =>
  extreme('ReduceMin', 'min', x, axes, options)

const extreme = (op: string, who: string, x: Tensor, axes: readonly number[], options: KeepDims): Tensor =>
  reduction(op, who, x, axes, options, (dy, y) => {
    const is = cast(equal(x, y), x.dtype)
    return mul(is, div(dy, sum(is, axes, { keepDims: true })))
  })
