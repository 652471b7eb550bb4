import { ShapeError } from '../core/errors.ts'
import { resolveAxes, showShape } from '../core/shape.ts'
import { constant, node, type Tensor } from '../core/tensor.ts'
import { exp, mul, sub } from './arithmetic.ts'
import { type KeepDims, reshape } from './broadcast.ts'
import { cast } from './compare.ts'
import { concat, split } from './concat.ts'
import { logicalNot } from './logic.ts'

export const allAxes = (x: Tensor): number[] => x.shape.map((_, i) => i)

/**
 * A reduction that one ONNX operator computes, of axes that hold something.
 *
 * @param partial dL/dx from dL/dy and y, both with the reduced axes kept
 */
export function reduction(
  op: string,
  who: string,
  x: Tensor,
  axes: readonly number[],
  { keepDims = false }: KeepDims,
  partial: (dy: Tensor, y: Tensor) => Tensor,
): Tensor {
  const along = resolveAxes(who, axes, x.shape.length)
  if (along.some((axis) => x.shape[axis] === 0)) {
    throw new ShapeError(`${who}: wanted elements on axes ${showShape(along)}, got ${showShape(x.shape)}`)
  }
  const kept = x.shape.map((n, i) => (along.includes(i) ? 1 : n))
  const y: Tensor = node(op, {
    inputs: [x, constant(along, [along.length], 'int64')],
    attributes: { keepdims: Number(keepDims), noop_with_empty_axes: 1 },
    shape: keepDims ? kept : x.shape.filter((_, i) => !along.includes(i)),
    dtype: x.dtype,
    grad: (dy) => [partial(reshape(dy, kept), reshape(y, kept)), null],
  })
  return y
}

/**
 * `ln Σ eˣ` over `axes`, all of them by default, without overflow.
 *
 * @throws {ShapeError} when an axis is none of `x`, or is empty.
 */
export const logSumExp = (x: Tensor, axes: readonly number[] = allAxes(x), options: KeepDims = {}): Tensor =>
  reduction('ReduceLogSumExp', 'logSumExp', x, axes, options, (dy, y) => mul(dy, exp(sub(x, y))))

/**
 * Product over `axes`, all of them by default.
 *
 * Halves are multiplied by halves, so the gradient needs no division and is right where elements are 0.
 *
 * @throws {ShapeError} when an axis is none of `x`, or is empty.
 */
export function prod(
  x: Tensor,
  axes: readonly number[] = allAxes(x),
  { keepDims = false }: KeepDims = {},
): Tensor {
  const along = resolveAxes('prod', axes, x.shape.length)
  if (along.some((axis) => x.shape[axis] === 0)) {
    throw new ShapeError(`prod: wanted elements on axes ${showShape(along)}, got ${showShape(x.shape)}`)
  }
  const product = along.reduce(prodAlong, x)
  return keepDims
    ? product
    : reshape(
        product,
        x.shape.filter((_, i) => !along.includes(i)),
      )
}

function prodAlong(x: Tensor, axis: number): Tensor {
  const n = x.shape[axis]!
  if (n === 1) return x
  const half = Math.floor(n / 2)
  const [left, right, rest] = split(x, n % 2 ? [half, half, 1] : [half, half], axis)
  const product = mul(left!, right!)
  return prodAlong(rest ? concat([product, rest], axis) : product, axis)
}

/** Whether all elements hold over `axes`, all of them by default. */
export const all = (x: Tensor, axes: readonly number[] = allAxes(x), options: KeepDims = {}): Tensor =>
  logicalNot(any(logicalNot(x), axes, options))

/** Whether some element holds over `axes`, all of them by default. */
export function any(x: Tensor, axes: readonly number[] = allAxes(x), options: KeepDims = {}): Tensor {
  if (x.dtype !== 'bool') {
    throw new ShapeError(`any: wanted bools, got ${x.dtype}; compare it with something`)
  }
  // ONNX has no maximum of bools.
  return cast(
    reduction('ReduceMax', 'any', cast(x, 'int32'), axes, options, (dy) => dy),
    'bool',
  )
}
