import type { DType } from '../../../src/core/dtype.ts'
import { floats, type NodeSpec, numbers, type Operand } from '../../support/onnx-build.ts'

/** What to test of each operator, as the operator set has it: `[since]: specs` by the operator's versions. */
export type OnnxRow = (opset: number) => readonly NodeSpec[]
export type OnnxRows = Readonly<Record<string, OnnxRow>>

const always =
  (...specs: readonly NodeSpec[]): OnnxRow =>
  () =>
    specs
const unary = (low = -2, high = 2, attributes: NodeSpec['attributes'] = {}): OnnxRow =>
  always({ inputs: [floats([2, 3, 4], low, high)], attributes })
const binary = (...more: readonly NodeSpec[]): OnnxRow =>
  always(
    { inputs: [floats([2, 3, 4], 0.5, 2), floats([3, 1], 0.5, 2)] },
    { inputs: [floats([4], 0.5, 2), floats([2, 3, 4], 0.5, 2)] },
    ...more,
  )
const ints = (values: readonly number[], dtype: DType = 'int64'): Operand => numbers(values, undefined, dtype)
const whole: NodeSpec = { inputs: [ints([7, -7, 8, -3]), ints([2, 2, -3, 5])] }
const bools = (values: readonly number[]): Operand => numbers(values, undefined, 'bool')
const connective: OnnxRow = always({ inputs: [bools([1, 1, 0, 0]), bools([1, 0, 1, 0])] })
const comparison: OnnxRow = always({
  inputs: [floats([3, 4]), floats([4])],
  types: ['bool'],
  differentiable: false,
})
const special = [0, 1, -1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
const specials: NodeSpec = {
  inputs: [numbers(special, [6], 'float32')],
  types: ['bool'],
  differentiable: false,
}
const many: OnnxRow = always(
  { inputs: [floats([3, 4]), floats([3, 4]), floats([3, 4])] },
  { inputs: [floats([2, 3])] },
)

export const elementwiseRows: OnnxRows = {
  Add: binary(whole),
  Sub: binary(whole),
  Mul: binary(whole),
  Div: binary(whole),
  Mod: always(
    whole,
    { ...whole, attributes: { fmod: 1 } },
    { inputs: [floats([5], 1, 9), floats([5], 0.6, 0.9)], attributes: { fmod: 1 } },
  ),
  Pow: (opset) => [
    { inputs: [floats([2, 3], 0.5, 2), floats([3], -2, 2)] },
    { inputs: [floats([2, 3], 0.5, 2), numbers([3], [], 'float32', true)] },
    ...(opset >= 12 ? [{ inputs: [floats([3], 0.5, 2), ints([2, 3, 1])] }] : []),
  ],
  Sum: many,
  Mean: many,
  Max: many,
  Min: many,
  Neg: (opset) => [{ inputs: [floats([3])] }, ...(opset >= 7 ? [{ inputs: [ints([1, -2], 'int32')] }] : [])],
  Abs: always({ inputs: [floats([5])] }, { inputs: [ints([3, -4, 0])] }),
  Sign: always({ inputs: [floats([5])] }, { inputs: [ints([3, -4, 0])] }),
  Exp: unary(),
  Log: unary(0.1, 3),
  Sqrt: unary(0.1, 3),
  Reciprocal: unary(0.3, 3),
  Floor: unary(),
  Ceil: unary(),
  Round: unary(),
  Erf: unary(),
  Sin: unary(),
  Cos: unary(),
  Tan: unary(-1, 1),
  Sinh: unary(),
  Cosh: unary(),
  Asinh: unary(),
  Acosh: unary(1.2, 4),
  Atanh: unary(-0.9, 0.9),
  And: connective,
  Or: connective,
  Xor: connective,
  Not: always({ inputs: [bools([1, 0])] }),
  Equal: (opset) => [
    { inputs: [ints([1, 2, 3]), ints([1, 0, 3])], types: ['bool'] },
    { inputs: [bools([1, 0, 0]), bools([1, 1, 0])], types: ['bool'] },
    ...(opset >= 11
      ? [
          {
            inputs: [numbers([1, 2], [2], 'float32'), numbers([1, 3], [2], 'float32')],
            types: ['bool'] as const,
            differentiable: false,
          },
        ]
      : []),
  ],
  Greater: comparison,
  Less: comparison,
  GreaterOrEqual: comparison,
  LessOrEqual: comparison,
  Where: always({ inputs: [bools([1, 0, 1]), floats([2, 3]), floats([3])], types: ['float32'] }),
  IsNaN: always(specials),
  IsInf: always(
    specials,
    { ...specials, attributes: { detect_negative: 0 } },
    { ...specials, attributes: { detect_positive: 0 } },
  ),
  Cast: always(
    { inputs: [floats([5], -3, 3)], attributes: { to: 7 }, types: ['int64'], differentiable: false },
    { inputs: [ints([0, 2, -1])], attributes: { to: 9 }, types: ['bool'] },
    { inputs: [ints([0, 2, -1])], attributes: { to: 1 }, types: ['float32'] },
    { inputs: [floats([3])], attributes: { to: 11 }, types: ['float64'] },
  ),
  CastLike: always({ inputs: [ints([1, 2]), floats([1])], types: ['float32'] }),
  Relu: unary(),
  Sigmoid: unary(),
  Tanh: unary(),
  Softplus: unary(),
  Softsign: unary(),
  HardSwish: unary(),
  Mish: unary(),
  Identity: unary(),
  Gelu: always({ inputs: [floats([5])] }, { inputs: [floats([5])], attributes: { approximate: 'tanh' } }),
  Swish: always({ inputs: [floats([5])] }, { inputs: [floats([5])], attributes: { alpha: { float: 1.5 } } }),
  HardSigmoid: always(
    ...[{}, { alpha: { float: 0.3 }, beta: { float: 0.4 } }].map((attributes) => ({
      inputs: [floats([9], -4, 4)],
      attributes,
    })),
  ),
  LeakyRelu: unary(-2, 2, { alpha: { float: 0.2 } }),
  Elu: unary(-2, 2, { alpha: { float: 0.7 } }),
  Celu: unary(-2, 2, { alpha: { float: 0.7 } }),
  Selu: unary(),
  ThresholdedRelu: unary(-2, 2, { alpha: { float: 0.5 } }),
  PRelu: (opset) => [
    { inputs: [floats([2, 3, 4]), floats([3, 1])] },
    ...(opset >= 9 ? [{ inputs: [floats([2, 3, 4]), floats([1])] }] : []),
  ],
  Shrink: unary(-2, 2, { lambd: { float: 0.5 }, bias: { float: 0.2 } }),
  Clip: (opset) =>
    opset < 11
      ? [
          { inputs: [floats([9], -2, 2)], attributes: { min: { float: -0.5 }, max: { float: 1 } } },
          { inputs: [floats([9], -2, 2)], attributes: { max: { float: 1 } } },
        ]
      : [
          {
            inputs: [
              floats([9], -2, 2),
              numbers([-0.5], [], 'float32', true),
              numbers([1], [], 'float32', true),
            ],
          },
          { inputs: [floats([9], -2, 2), '', numbers([1], [], 'float32')] },
          { inputs: [floats([9], -2, 2), numbers([0.5], [], 'float32', true)] },
        ],
  Dropout: (opset) => [
    { inputs: [floats([4])] },
    ...(opset >= 10 ? [{ inputs: [floats([4])], outputs: 2, types: ['float32', 'bool'] as const }] : []),
  ],
}
