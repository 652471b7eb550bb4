import { isFloat } from '../core/dtype.ts'
import { ShapeError } from '../core/errors.ts'
import { broadcast } from '../core/shape.ts'
import { node, scalar, type Tensor } from '../core/tensor.ts'
import { sumTo } from './broadcast.ts'

/** A tensor, or a number of the other operand's type. */
export type Operand = Tensor | number

type Partials = (dy: Tensor, a: Tensor, b: Tensor) => readonly [da: Tensor, db: Tensor]

/** `a ∘ b` elementwise, by NumPy's broadcasting. @throws {ShapeError} when shapes or types do not fit. */
export function binary(op: string, a: Operand, b: Operand, partials: Partials): Tensor {
  const [x, y] = operands(op, a, b)
  return node(op, {
    inputs: [x, y],
    shape: broadcast(op, x.shape, y.shape),
    dtype: x.dtype,
    grad: (dy) => {
      const [dx, d] = partials(dy, x, y)
      return [sumTo(dx, x.shape), sumTo(d, y.shape)]
    },
  })
}

/** Both operands as tensors of one element type. */
export function operands(who: string, a: Operand, b: Operand): readonly [Tensor, Tensor] {
  const like = typeof a !== 'number' ? a : typeof b !== 'number' ? b : scalar(a)
  for (const value of [a, b]) {
    if (typeof value === 'number' && !isFloat(like.dtype) && !Number.isInteger(value)) {
      throw new ShapeError(
        `${who}: wanted a whole number beside ${like.dtype}, got ${value}; use ops.cast first`,
      )
    }
  }
  const x = typeof a === 'number' ? scalar(a, like.dtype) : a
  const y = typeof b === 'number' ? scalar(b, like.dtype) : b
  if (x.dtype !== y.dtype) {
    throw new ShapeError(
      `${who}: wanted operands of one type, got ${x.dtype} and ${y.dtype}; use ops.cast on one`,
    )
  }
  return [x, y]
}

/** @throws {ShapeError} when `x` does not hold floats. */
export function checkFloat(who: string, { dtype }: Tensor): void {
  if (!isFloat(dtype)) throw new ShapeError(`${who}: wanted floats, got ${dtype}; use ops.cast first`)
}

/** `f(x)` elementwise, of floats. Without a `partial` no gradient flows. */
export function unary(op: string, x: Tensor, partial?: (dy: Tensor, y: Tensor) => Tensor): Tensor {
  checkFloat(op, x)
  const y: Tensor = node(op, {
    inputs: [x],
    shape: x.shape,
    dtype: x.dtype,
    ...(partial && { grad: (dy) => [partial(dy, y)] }),
  })
  return y
}

/** `a + b`. */
export const add = (a: Operand, b: Operand): Tensor => binary('Add', a, b, (dy) => [dy, dy])
/** `a − b`. */
export const sub = (a: Operand, b: Operand): Tensor => binary('Sub', a, b, (dy) => [dy, neg(dy)])
/** `a · b`, element by element. */
export const mul = (a: Operand, b: Operand): Tensor =>
  binary('Mul', a, b, (dy, x, y) => [mul(dy, y), mul(dy, x)])
/** `a / b`. */
export const div = (a: Operand, b: Operand): Tensor =>
  binary('Div', a, b, (dy, x, y) => [div(dy, y), neg(div(mul(dy, x), mul(y, y)))])

/** `−x`. */
export const neg = (x: Tensor): Tensor => unary('Neg', x, (dy) => neg(dy))
/** `eˣ`. */
export const exp = (x: Tensor): Tensor => unary('Exp', x, (dy, y) => mul(dy, y))
/** `ln x`; −∞ at 0, NaN below. */
export const log = (x: Tensor): Tensor => unary('Log', x, (dy) => div(dy, x))
/** `√x`; NaN below 0. Its slope at 0 is infinite. */
export const sqrt = (x: Tensor): Tensor => unary('Sqrt', x, (dy, y) => div(dy, add(y, y)))
/** `1/x`. */
export const reciprocal = (x: Tensor): Tensor => unary('Reciprocal', x, (dy, y) => neg(mul(dy, mul(y, y))))
/** `x²`. */
export const square = (x: Tensor): Tensor => mul(x, x)
/** `|x|`. Its slope at 0 is taken as 0, as in PyTorch. */
export const abs = (x: Tensor): Tensor => unary('Abs', x, (dy) => mul(dy, sign(x)))
/** −1, 0 or 1. No gradient. */
export const sign = (x: Tensor): Tensor => unary('Sign', x)
/** The greatest whole number that is not above `x`. No gradient. */
export const floor = (x: Tensor): Tensor => unary('Floor', x)
/** The least whole number that is not below `x`. No gradient. */
export const ceil = (x: Tensor): Tensor => unary('Ceil', x)
/** The whole number nearest to `x`, the even one of two, as in PyTorch. No gradient. */
export const round = (x: Tensor): Tensor => unary('Round', x)
