import { readOptions } from '../core/options.ts'
import {
  type Axes,
  axesOf,
  misfit,
  resolveAxes,
  showShape,
  withoutAxes,
  withUnitAxes,
} from '../core/shape.ts'
import { int64s, node, type Tensor } from '../core/tensor.ts'
import { exp, mul, sub } from './arithmetic.ts'
import { type KeepDims, keepDimsOptions, reshape } from './broadcast.ts'
import { cast } from './compare.ts'
import { concat, split } from './concat.ts'
import { logicalNot } from './logic.ts'

/**
 * Reduces `x` over `axes` by the ONNX operator `op`; these axes must not be empty.
 *
 * @param partial returns dL/dx, from dL/dy and y, in which the reduced axes have size 1
 */
export function reduction(
  op: string,
  who: string,
  x: Tensor,
  axes: Axes,
  options: KeepDims | undefined,
  partial: (dy: Tensor, y: Tensor) => Tensor,
): Tensor {
  const { keepDims } = readOptions(who, keepDimsOptions, options)
  const along = nonEmpty(who, x, axes)
  const kept = withUnitAxes(x.shape, along)
  const y: Tensor = node(op, {
    inputs: [x, int64s(along)],
    attributes: { keepdims: Number(keepDims), noop_with_empty_axes: 1 },
    shape: keepDims ? kept : withoutAxes(x.shape, along),
    grad: (dy) => [partial(reshape(dy, kept), reshape(y, kept)), null],
  })
  return y
}

/** Returns `axes` as indices ≥ 0. @throws {ShapeError} when an axis is outside `x`, or empty. */
function nonEmpty(who: string, x: Tensor, axes: Axes): number[] {
  const along = resolveAxes(who, axes, x.shape.length)
  if (along.every((axis) => x.shape[axis] !== 0)) return along
  throw misfit(who, `elements on axes ${showShape(along)}`, x.shape)
}

/**
 * `ln Σ eˣ` with the sum over `axes`, computed without overflow.
 *
 * @param axes all axes if omitted @throws {ShapeError} when an axis is outside `x`, or empty.
 */
export const logSumExp = (x: Tensor, axes: Axes = axesOf(x.shape), options?: KeepDims): Tensor =>
  reduction('ReduceLogSumExp', 'logSumExp', x, axes, options, (dy, y) => mul(dy, exp(sub(x, y))))

/**
 * Product over `axes`. Multiplies halves recursively: the gradient divides by no element, so elements may be 0.
 *
 * @param axes all axes if omitted @throws {ShapeError} when an axis is outside `x`, or empty.
 */
export function prod(x: Tensor, axes: Axes = axesOf(x.shape), options?: KeepDims): Tensor {
  const { keepDims } = readOptions('prod', keepDimsOptions, options)
  const along = nonEmpty('prod', x, axes)
  const product = along.reduce(prodAlong, x)
  return keepDims ? product : reshape(product, withoutAxes(x.shape, along))
}

function prodAlong(x: Tensor, axis: number): Tensor {
  const n = x.shape[axis]!
  if (n === 1) return x
  const half = Math.floor(n / 2)
  const [left, right, rest] = split(x, n % 2 ? [half, half, 1] : [half, half], axis)
  const product = mul(left!, right!)
  return prodAlong(rest ? concat([product, rest], axis) : product, axis)
}

/** Whether all elements along `axes` are true. @param axes all axes if omitted */
export const all = (x: Tensor, axes: Axes = axesOf(x.shape), options?: KeepDims): Tensor =>
  logicalNot(some('all', logicalNot(bools('all', x)), axes, options))

/** Whether any element along `axes` is true. @param axes all axes if omitted */
export function any(x: Tensor, axes: Axes = axesOf(x.shape), options?: KeepDims): Tensor {
  return some('any', bools('any', x), axes, options)
}

function bools(who: string, x: Tensor): Tensor {
  if (x.dtype === 'bool') return x
  throw misfit(who, 'bools', x.dtype, 'compare it with something')
}

/** Whether any element along `axes` is true: a maximum of integers, as ONNX has no maximum of bools. */
function some(who: string, x: Tensor, axes: Axes, options: KeepDims | undefined): Tensor {
  const greatest = reduction('ReduceMax', who, cast(x, 'int32'), axes, options, (dy) => dy)
  return cast(greatest, 'bool')
}
