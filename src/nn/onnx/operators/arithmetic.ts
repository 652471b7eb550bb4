import { type DType, isFloat } from '../../../core/dtype.ts'
import { scalar, type Tensor } from '../../../core/tensor.ts'
import * as ops from '../../../ops/index.ts'
import { isFloating, type NodeCall, type NodeRule, type OperatorTable, positive } from '../call.ts'
import { isKnown } from '../fold.ts'

// Arithmetic, comparison and logic of one or two tensors.

type Unary = (x: Tensor) => Tensor
type Binary = (a: Tensor, b: Tensor) => Tensor

/** Makes an operator from a function of its first input. */
export const one =
  (f: Unary): NodeRule =>
  ({ x }) =>
    f(x)

const two =
  (f: Binary): NodeRule =>
  (call) =>
    f(...aligned(call))

const many =
  (f: Binary): NodeRule =>
  (call) =>
    call.all().reduce((a, b) => f(a, b))

/** Returns both operands. Before opset 7, the second lay along `axis` of the first. */
function aligned(call: NodeCall): [Tensor, Tensor] {
  const [a, b] = [call.x, call.input(1)]
  const axis = call.number('axis')
  if (call.opset >= 7 || !call.number('broadcast') || axis === undefined) return [a, b]
  const behind = a.shape.length - positive(axis, a.shape.length) - b.shape.length
  return [a, ops.reshape(b, [...b.shape, ...new Array<number>(Math.max(0, behind)).fill(1)])]
}

const neg: Unary = (x) => (isFloating(x) ? ops.neg(x) : ops.sub(0, x))
const abs: Unary = (x) => (isFloating(x) ? ops.abs(x) : ops.maximum(x, neg(x)))
const sign: Unary = (x) =>
  isFloating(x)
    ? ops.sign(x)
    : ops.sub(ops.cast(ops.greater(x, 0), x.dtype), ops.cast(ops.less(x, 0), x.dtype))

export const arithmetic = (): OperatorTable => ({
  Add: two(ops.add),
  Sub: two(ops.sub),
  Mul: two(ops.mul),
  Div: two(ops.div),
  Mod: mod,
  Pow: pow,
  Sum: many(ops.add),
  Mean: (call) => ops.div(many(ops.add)(call) as Tensor, call.all().length),
  Max: many(ops.maximum),
  Min: many(ops.minimum),
  Neg: one(neg),
  Abs: one(abs),
  Sign: one(sign),
  Exp: one(ops.exp),
  Log: one(ops.log),
  Sqrt: one(ops.sqrt),
  Reciprocal: one(ops.reciprocal),
  Floor: one(ops.floor),
  Ceil: one(ops.ceil),
  Round: one(ops.round),
  Erf: one(ops.erf),
  Sin: one(ops.sin),
  Cos: one(ops.cos),
  Tan: one(ops.tan),
  Sinh: one((x) => ops.mul(ops.sub(ops.exp(x), ops.exp(ops.neg(x))), 0.5)),
  Cosh: one((x) => ops.mul(ops.add(ops.exp(x), ops.exp(ops.neg(x))), 0.5)),
  Asinh: one((x) => ops.mul(ops.sign(x), ops.log(ops.add(ops.abs(x), root(ops.add(ops.square(x), 1)))))),
  Acosh: one((x) => ops.log(ops.add(x, root(ops.sub(ops.square(x), 1))))),
  Atanh: one((x) => ops.mul(ops.sub(ops.log1p(x), ops.log1p(ops.neg(x))), 0.5)),
})

const root = ops.sqrt

export const logic = (): OperatorTable => ({
  And: two(ops.logicalAnd),
  Or: two(ops.logicalOr),
  Xor: two(ops.logicalXor),
  Not: one(ops.logicalNot),
  Equal: two((a, b) => (a.dtype === 'bool' ? ops.logicalNot(ops.logicalXor(a, b)) : ops.equal(a, b))),
  Greater: two(ops.greater),
  Less: two(ops.less),
  GreaterOrEqual: two(ops.greaterEqual),
  LessOrEqual: two(ops.lessEqual),
  Where: (call) => ops.where(call.x, call.input(1), call.input(2)),
  IsNaN: one(ops.isNaN),
  IsInf: isInfinite,
  Cast: (call) => convert(call.x, call.dtype(call.number('to', 1))),
  CastLike: castLike,
})

/** Casts; of a bool, there is nothing to round. */
const convert = (x: Tensor, dtype: DType): Tensor => (x.dtype === dtype ? x : ops.cast(x, dtype))

function castLike(call: NodeCall): Tensor {
  const code = call.around.typeOf(call.node.inputs[1]!)
  if (code) call.dtype(code) // refuses a type to which numbers would have to be rounded
  return convert(call.x, call.input(1).dtype)
}

function isInfinite(call: NodeCall): Tensor {
  const { x } = call
  const never = (): Tensor => ops.logicalAnd(ops.less(x, 0), ops.greater(x, 0))
  const above = call.number('detect_positive', 1) ? ops.equal(x, Number.POSITIVE_INFINITY) : never()
  const below = call.number('detect_negative', 1) ? ops.equal(x, Number.NEGATIVE_INFINITY) : never()
  return ops.logicalOr(above, below)
}

/** Remainder with the sign of the divisor, or of the dividend with `fmod`. */
function mod(call: NodeCall): Tensor {
  const [x, y] = [call.x, call.input(1)]
  const fmod = call.number('fmod', 0) === 1
  const quotient = ops.div(x, y)
  if (isFloating(x)) {
    const whole = fmod ? ops.mul(ops.sign(quotient), ops.floor(ops.abs(quotient))) : ops.floor(quotient)
    return ops.sub(x, ops.mul(y, whole))
  }
  const rest = ops.sub(x, ops.mul(quotient, y))
  return fmod ? rest : ops.where(ops.less(ops.mul(rest, y), 0), ops.add(rest, y), rest)
}

function pow(call: NodeCall): Tensor {
  const [x, y] = aligned(call)
  if (!isFloating(x) && isFloating(y)) return ops.cast(ops.pow(ops.cast(x, y.dtype), y), x.dtype)
  if (isKnown(y) && y.data.length === 1 && y.shape.length <= x.shape.length) {
    return ops.pow(x, Number(y.data[0]))
  }
  return ops.pow(x, convert(y, x.dtype))
}

/** A tensor of equal numbers. */
export const filledWith = (value: number, shape: readonly number[], dtype: DType): Tensor =>
  ops.expand(scalar(isFloat(dtype) ? value : Math.trunc(value), dtype), shape)
