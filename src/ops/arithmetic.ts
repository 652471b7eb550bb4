import type { Tensor } from '../core/tensor.ts'
import { binary, type Operand, unary } from './elementwise.ts'

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
/** `ln x`; −∞ at 0, NaN below 0. */
export const log = (x: Tensor): Tensor => unary('Log', x, (dy) => div(dy, x))
/** `√x`; NaN below 0. The derivative at 0 is infinite. */
export const sqrt = (x: Tensor): Tensor => unary('Sqrt', x, (dy, y) => div(dy, add(y, y)))
/** `1/x`. */
export const reciprocal = (x: Tensor): Tensor => unary('Reciprocal', x, (dy, y) => neg(mul(dy, mul(y, y))))
/** `x²`. */
export const square = (x: Tensor): Tensor => mul(x, x)
/** `|x|`. The derivative at 0 is taken as 0, as in PyTorch. */
export const abs = (x: Tensor): Tensor => unary('Abs', x, (dy) => mul(dy, sign(x)))
/** Sign of `x`: −1, 0 or 1. No gradient flows back to `x`. */
export const sign = (x: Tensor): Tensor => unary('Sign', x)
/** Greatest integer ≤ `x`. No gradient flows back to `x`. */
export const floor = (x: Tensor): Tensor => unary('Floor', x)
/** Least integer ≥ `x`. No gradient flows back to `x`. */
export const ceil = (x: Tensor): Tensor => unary('Ceil', x)
/** Integer nearest to `x`; halves round to even, as in PyTorch. No gradient flows back to `x`. */
export const round = (x: Tensor): Tensor => unary('Round', x)
