import { expect, test } from 'vitest'
import { difference } from '../../test/support/golden.ts'
import { random } from '../core/random.ts'
import { type Tensor, topological } from '../core/tensor.ts'
import * as nn from '../nn/index.ts'
import * as ops from '../ops/index.ts'
import { compile } from './compile.ts'
import { foldNormalizations } from './folded-normalization.ts'
import { rootsOf, traceStep } from './traced.ts'

type Layers = readonly nn.Module[]

const draw = random('folded normalization')

/** Makes a float64 model with random statistics, scales and shifts. */
function modelOf(...layers: Layers): nn.Sequential {
  const model = nn.toDType(nn.initialize(new nn.Sequential(...layers), 0), 'float64')
  for (const [name, variable] of nn.variables(model)) {
    if (/running|^\d+\.(weight|bias)$/.test(name) && variable.shape.length === 1)
      variable.data = Float64Array.from(variable.data as Float64Array, () => draw.uniform(0.5, 2))
  }
  return model
}

const rows = { shape: [5, 4], dtype: 'float64' } as const

/** Returns the layers of an evaluation after folding, each with the operator that makes its input. */
function folded(body: (x: Tensor) => Tensor): string {
  const step = traceStep({ x: rows }, ({ x }) => ({ y: body(x!) }))
  return topological(rootsOf(foldNormalizations(step)))
    .filter(({ op }) => op === 'Gemm' || op === 'BatchNormalization' || op === 'Relu')
    .map(({ op, inputs }) => `${op} of ${inputs[0]!.op}`)
    .join(', ')
}

test.each<[string, () => Layers, string]>([
  [
    'after a linear layer',
    () => [new nn.Linear(4, 3), new nn.BatchNorm1d(3), new nn.ReLU()],
    'Gemm of Input, Relu of Gemm',
  ],
  [
    'after one without bias',
    () => [new nn.Linear(4, 3, { bias: false }), new nn.BatchNorm1d(3), new nn.ReLU()],
    'Gemm of Input, Relu of Gemm',
  ],
  [
    'between two, once',
    () => [new nn.Linear(4, 3), new nn.BatchNorm1d(3), new nn.Linear(3, 2)],
    'Gemm of Input, Gemm of Gemm',
  ],
  [
    'before a linear layer',
    () => [new nn.ReLU(), new nn.BatchNorm1d(4, { affine: false }), new nn.Linear(4, 2)],
    'Relu of Input, Gemm of Reshape, Gemm of Relu',
  ],
  ['beside no linear layer', () => [new nn.ReLU(), new nn.BatchNorm1d(4)], 'Relu of Input'],
])('%s, a normalization is part of the products', async (_, layers, operators) => {
  const model = modelOf(...layers())
  const body = ({ x }: { readonly x: Tensor }) => ({ y: model.forward(x, 'eval') })
  expect(folded((x) => body({ x }).y)).toBe(operators)
  const x = Float64Array.from({ length: 20 }, () => draw.uniform(-1, 1))
  const [once, looped] = [await compile({ x: rows }, body), await compile({ x: rows }, body, { loop: true })]
  const [wanted, got] = [await once({ x }), await looped({ x })]
  expect(difference(got.y, Array.from(wanted.y, Number))).toBeLessThan(1e-14)
})

test('products that others read, and weights that a step changes, stay as they are', () => {
  const [first, norm, last] = [new nn.Linear(4, 3), new nn.BatchNorm1d(3), new nn.Linear(3, 2)]
  modelOf(first, norm, last)
  const shared = folded((x) => {
    const product = first.forward(x)
    const y = norm.forward(product, 'eval')
    return ops.concat([product, y, last.forward(y)], 1)
  })
  expect(shared).toBe('Gemm of Input, Gemm of Add')
  const trained = folded((x) => {
    for (const { weight } of [first, last]) weight.assign(ops.mul(weight.value, 2))
    return last.forward(norm.forward(first.forward(x), 'eval'))
  })
  expect(trained).toBe('Gemm of Input, Gemm of Add')
})
