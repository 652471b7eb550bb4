import { constant } from '../../../src/core/tensor.ts'
import * as ops from '../../../src/ops/index.ts'
import type { Row } from '../../support/gradient-check.ts'

const wide = [-4, 4] as const
const positive = [0.5, 2] as const
const exponents = constant([2, 0.5, -1.5, 0], [4], 'float64')

/** What treats every element alike. */
export const elementwise: readonly Row[] = [
  { name: 'square', shapes: [[4]], f: ops.square },
  { name: 'abs', shapes: [[5]], f: ops.abs, smooth: false },
  { name: 'pow', shapes: [[2, 3], [3]], f: ops.pow, range: positive },
  { name: 'pow, square', shapes: [[3]], f: (x) => ops.pow(x, 2) },
  { name: 'pow, line', shapes: [[3]], f: (x) => ops.pow(x, 1) },
  { name: 'pow, nothing', shapes: [[3]], f: (x) => ops.add(ops.pow(x, 0), ops.exp(x)) },
  { name: 'pow, a root', shapes: [[3]], f: (x) => ops.pow(x, 1.5), range: positive },
  { name: 'pow, an inverse', shapes: [[3]], f: (x) => ops.pow(x, -2), range: positive },
  { name: 'pow, of a number', shapes: [[3]], f: (x) => ops.pow(2, x) },
  { name: 'pow, constant exponents', shapes: [[4]], f: (x) => ops.pow(x, exponents), range: positive },
  { name: 'sin', shapes: [[4]], f: ops.sin, range: wide },
  { name: 'cos', shapes: [[4]], f: ops.cos, range: wide },
  { name: 'tan', shapes: [[4]], f: ops.tan },
  { name: 'log1p', shapes: [[4]], f: ops.log1p, range: [-0.5, 2] },
  { name: 'expm1', shapes: [[6]], f: ops.expm1, range: [-2, 2] },
  { name: 'erf', shapes: [[2, 3]], f: ops.erf, range: [-2, 2] },
  { name: 'maximum', shapes: [[2, 3], [3]], f: ops.maximum, smooth: false },
  { name: 'maximum, number', shapes: [[5]], f: (x) => ops.maximum(x, 0.2), smooth: false },
  {
    name: 'minimum',
    shapes: [
      [2, 3],
      [2, 1],
    ],
    f: ops.minimum,
    smooth: false,
  },
  { name: 'clamp', shapes: [[6]], f: (x) => ops.clamp(x, -0.5, 0.5), smooth: false },
  { name: 'clamp, below', shapes: [[6]], f: (x) => ops.clamp(x, 0), smooth: false },
]

/** Activations. */
export const activations: readonly Row[] = [
  { name: 'sigmoid', shapes: [[4]], f: ops.sigmoid, range: wide },
  { name: 'tanh', shapes: [[4]], f: ops.tanh },
  { name: 'softplus', shapes: [[4]], f: (x) => ops.softplus(x), range: wide },
  { name: 'softplus, steeper', shapes: [[4]], f: (x) => ops.softplus(x, 2) },
  { name: 'logSigmoid', shapes: [[4]], f: ops.logSigmoid, range: wide },
  { name: 'silu', shapes: [[4]], f: ops.silu, range: wide },
  { name: 'mish', shapes: [[4]], f: ops.mish, range: wide },
  { name: 'gelu', shapes: [[2, 3]], f: (x) => ops.gelu(x), range: wide },
  { name: 'gelu, tanh', shapes: [[4]], f: (x) => ops.gelu(x, { approximate: 'tanh' }), range: wide },
  { name: 'leakyRelu', shapes: [[5]], f: (x) => ops.leakyRelu(x), smooth: false },
  { name: 'prelu', shapes: [[4, 3], [3]], f: ops.prelu, smooth: true },
  { name: 'elu', shapes: [[5]], f: (x) => ops.elu(x) },
  { name: 'elu, alpha', shapes: [[5]], f: (x) => ops.elu(x, 0.3) },
  { name: 'selu', shapes: [[5]], f: ops.selu },
  { name: 'celu', shapes: [[5]], f: (x) => ops.celu(x, 2) },
  { name: 'hardtanh', shapes: [[6]], f: (x) => ops.hardtanh(x), range: wide, smooth: false },
  { name: 'relu6', shapes: [[6]], f: ops.relu6, range: [-3, 9], smooth: false },
  { name: 'hardsigmoid', shapes: [[6]], f: ops.hardsigmoid, range: [-5, 5], smooth: false },
  { name: 'hardswish', shapes: [[6]], f: ops.hardswish, range: [-5, 5] },
]

/** What makes one number of many. */
export const reductions: readonly Row[] = [
  { name: 'max', shapes: [[2, 3]], f: (x) => ops.max(x), smooth: false },
  { name: 'max, columns', shapes: [[2, 3, 2]], f: (x) => ops.square(ops.max(x, [1])) },
  {
    name: 'max, two axes kept',
    shapes: [[2, 3, 2]],
    f: (x) => ops.square(ops.max(x, [0, -1], { keepDims: true })),
  },
  { name: 'max, no axis', shapes: [[3]], f: (x) => ops.square(ops.max(x, [])) },
  { name: 'min', shapes: [[2, 3]], f: (x) => ops.square(ops.min(x)) },
  { name: 'min, rows', shapes: [[2, 3]], f: (x) => ops.square(ops.min(x, [0])) },
  { name: 'norm', shapes: [[2, 3]], f: (x) => ops.norm(x) },
  { name: 'norm, rows', shapes: [[2, 3]], f: (x) => ops.norm(x, [1], { keepDims: true }) },
  { name: 'norm, 1', shapes: [[2, 3]], f: (x) => ops.norm(x, [0], { p: 1 }), smooth: false },
  { name: 'norm, greatest', shapes: [[2, 3]], f: (x) => ops.norm(x, [1], { p: Infinity }), smooth: false },
  { name: 'logSumExp', shapes: [[2, 3]], f: (x) => ops.logSumExp(x) },
  { name: 'logSumExp, rows', shapes: [[2, 3]], f: (x) => ops.logSumExp(x, [-1], { keepDims: true }) },
  { name: 'prod', shapes: [[2, 3]], f: (x) => ops.prod(x) },
  {
    name: 'prod, of seven',
    shapes: [[2, 7]],
    f: (x) => ops.prod(x, [1], { keepDims: true }),
    range: positive,
  },
  {
    name: 'prod, with a zero',
    shapes: [[3]],
    f: (x) => ops.prod(ops.mul(x, constant([1, 0, 1], [3], 'float64'))),
  },
  { name: 'cumSum', shapes: [[2, 4]], f: (x) => ops.square(ops.cumSum(x, 1)) },
  { name: 'cumSum, rows', shapes: [[3, 2]], f: (x) => ops.cumSum(x, -2) },
]
