import { type DType, isFloat } from '../core/dtype.ts'
import { broadcast, misfit } from '../core/shape.ts'
import { node, scalar, type Tensor } from '../core/tensor.ts'
import { abs } from './arithmetic.ts'
import { sumTo } from './broadcast.ts'
import { type Operand, operands } from './elementwise.ts'
import { logicalNot } from './logic.ts'

// No gradient flows through a comparison; through `where` it flows to the selected side.

function compare(op: string, a: Operand, b: Operand): Tensor {
  const [x, y] = operands(op, a, b)
  return node(op, { inputs: [x, y], shape: broadcast(op, x.shape, y.shape), dtype: 'bool' })
}

/** Whether `a = b`, element by element. */
export const equal = (a: Operand, b: Operand): Tensor => compare('Equal', a, b)
/** Whether `a > b`, element by element. */
export const greater = (a: Operand, b: Operand): Tensor => compare('Greater', a, b)
/** Whether `a < b`, element by element. */
export const less = (a: Operand, b: Operand): Tensor => compare('Less', a, b)
/** Whether `a ≥ b`, element by element. */
export const greaterEqual = (a: Operand, b: Operand): Tensor => compare('GreaterOrEqual', a, b)
/** Whether `a ≤ b`, element by element. */
export const lessEqual = (a: Operand, b: Operand): Tensor => compare('LessOrEqual', a, b)
/** Whether `a ≠ b`, element by element. */
export const notEqual = (a: Operand, b: Operand): Tensor => logicalNot(equal(a, b))

/** Whether `x` is NaN, element by element. */
const notANumber = (x: Tensor): Tensor => notEqual(x, x)
/** Whether `x` is neither NaN nor ±∞, element by element. */
const finite = (x: Tensor): Tensor => less(abs(x), Number.POSITIVE_INFINITY)

// Declared under other names, so as not to shadow the globals.
export { finite as isFinite, notANumber as isNaN }

/** `a` where `condition` is true, `b` elsewhere, element by element; all three broadcast to one shape. */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  const [x, y] = operands('where', a, b)
  if (condition.dtype !== 'bool') {
    throw misfit('where', 'a bool condition', condition.dtype, 'compare it with something')
  }
  const shape = broadcast('where', condition.shape, broadcast('where', x.shape, y.shape))
  return node('Where', {
    inputs: [condition, x, y],
    shape,
    dtype: x.dtype,
    grad: (dy) => [
      null,
      sumTo(where(condition, dy, scalar(0, dy.dtype)), x.shape),
      sumTo(where(condition, scalar(0, dy.dtype), dy), y.shape),
    ],
  })
}

const elementType: Readonly<Record<DType, number>> = { float32: 1, int32: 6, int64: 7, bool: 9, float64: 11 }

/** `x` converted to another element type. The gradient flows only between floating-point types. */
export function cast(x: Tensor, dtype: DType): Tensor {
  if (x.dtype === dtype) return x
  return node('Cast', {
    inputs: [x],
    attributes: { to: elementType[dtype] },
    dtype,
    ...(isFloat(x.dtype) && isFloat(dtype) && { grad: (dy) => [cast(dy, x.dtype)] }),
  })
}
