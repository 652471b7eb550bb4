import { noTensor } from '../core/calls.ts'
import { isFloat } from '../core/dtype.ts'
import { broadcast, misfit } from '../core/shape.ts'
import { isTensor, node, scalar, type Tensor } from '../core/tensor.ts'
import { sumTo } from './broadcast.ts'

/** A tensor, or a number, which is converted to the element type of the other operand. */
export type Operand = Tensor | number

type Partials = (dy: Tensor, a: Tensor, b: Tensor) => readonly [da: Tensor, db: Tensor]

/**
 * Applies the ONNX operator `op` with broadcasting.
 *
 * @param partials returns dL/da and dL/db, for `a` and `b` broadcast to the shape of the result
 * @throws {ShapeError} when shapes or types do not fit.
 */
export function binary(op: string, a: Operand, b: Operand, partials: Partials): Tensor {
  const [x, y] = operands(op, a, b)
  return node(op, {
    inputs: [x, y],
    shape: broadcast(op, x.shape, y.shape),
    grad: (dz) => {
      const [dx, dy] = partials(dz, x, y)
      return [sumTo(dx, x.shape), sumTo(dy, y.shape)]
    },
  })
}

/** Returns both operands as tensors of one element type: a number takes the type of the other operand. */
export function operands(who: string, a: Operand, b: Operand): readonly [Tensor, Tensor] {
  const like = typeof a !== 'number' ? a : typeof b !== 'number' ? b : scalar(a)
  for (const value of [a, b]) {
    if (typeof value !== 'number' && !isTensor(value)) throw noTensor(who, value)
  }
  for (const value of [a, b]) {
    if (typeof value === 'number' && !isFloat(like.dtype) && !Number.isInteger(value)) {
      throw misfit(who, `an integer beside ${like.dtype}`, String(value), 'use ops.cast first')
    }
  }
  const x = typeof a === 'number' ? scalar(a, like.dtype) : a
  const y = typeof b === 'number' ? scalar(b, like.dtype) : b
  if (x.dtype !== y.dtype) {
    throw misfit(who, 'operands of one type', `${x.dtype} and ${y.dtype}`, 'use ops.cast on one')
  }
  return [x, y]
}

/** @throws {ShapeError} when `x` is no tensor, or its elements are not floats. */
export function checkFloat(who: string, x: Tensor): void {
  if (!isTensor(x)) throw noTensor(who, x)
  if (!isFloat(x.dtype))
    throw misfit(who, 'floats', x.dtype, 'use ops.cast first, or give x as a Float32Array')
}

/** @throws {ShapeError} unless the elements of `x` are int32 or int64. @param what names `x` in the message */
export function checkIntegers(who: string, what: string, x: Tensor): void {
  if (!isTensor(x)) throw noTensor(who, x)
  if (x.dtype === 'int32' || x.dtype === 'int64') return
  const fix =
    what === 'labels'
      ? "make the data set with target: 'labels', or a stream with classes"
      : 'give x as an Int32Array'
  throw misfit(who, `${what} of int32 or int64`, x.dtype, `${fix}, or use ops.cast`)
}

/**
 * Applies the ONNX operator `op` to floats.
 *
 * @param partial returns dL/dx from dL/dy and y; if omitted, no gradient flows
 */
export function unary(op: string, x: Tensor, partial?: (dy: Tensor, y: Tensor) => Tensor): Tensor {
  checkFloat(op, x)
  const y: Tensor = node(op, {
    inputs: [x],
    ...(partial && { grad: (dy) => [partial(dy, y)] }),
  })
  return y
}
