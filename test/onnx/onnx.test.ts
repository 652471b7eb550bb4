import { describe, expect, test } from 'vitest'
import { gradients } from '../../src/core/grad.ts'
import { nameOf } from '../../src/core/names.ts'
import { constant, input, type Tensor, topological } from '../../src/core/tensor.ts'
import { trace, variables } from '../../src/core/variable.ts'
import * as nn from '../../src/nn/index.ts'
import { print } from '../../src/onnx/print.ts'
import { simplify } from '../../src/onnx/simplify.ts'
import * as ops from '../../src/ops/index.ts'
import { sgd } from '../../src/optim/index.ts'

const count = (roots: readonly Tensor[], op: string) => topological(roots).filter((t) => t.op === op).length

describe('simplify', () => {
  test('makes one node of equal ones', () => {
    const x = input([2])
    const twice = () => ops.exp(ops.mul(x, 2))
    expect(count(simplify([ops.add(twice(), twice())]), 'Exp')).toBe(1)
  })

  test('tells apart what differs in numbers, types or attributes', () => {
    const x = input([2, 2])
    const roots = [
      ops.mul(x, 2),
      ops.mul(x, 3),
      ops.mul(x, -0),
      ops.mul(x, 0),
      ops.softmax(x, 0),
      ops.softmax(x, 1),
      ops.cast(constant([1]), 'int32'),
      ops.cast(constant([1]), 'int64'),
    ]
    expect(new Set(simplify(roots)).size).toBe(roots.length)
  })

  test('makes one Gemm of a sum with a product, and takes a constant factor with it', () => {
    const [w, v, a, b] = [input([2, 2]), input([2, 2]), input([2, 3]), input([3, 2])]
    const [minus] = simplify([ops.sub(w, ops.matmul(a, b))])
    expect([minus!.op, minus!.attributes]).toMatchObject([
      'Gemm',
      { alpha: { float: -1 }, beta: { float: 1 } },
    ])
    const [momentum] = simplify([ops.add(ops.mul(v, 0.5), ops.matmul(a, b))])
    expect([momentum!.op, momentum!.attributes]).toMatchObject([
      'Gemm',
      { alpha: { float: 1 }, beta: { float: 0.5 } },
    ])
    const [left] = simplify([ops.sub(ops.matmul(a, b), w)])
    expect([left!.op, left!.attributes]).toMatchObject(['Gemm', { alpha: { float: 1 }, beta: { float: -1 } }])
  })

  test('leaves a product that something else needs', () => {
    const [w, a, b] = [input([2, 2]), input([2, 3]), input([3, 2])]
    const product = ops.matmul(a, b)
    expect(simplify([ops.sub(w, product), product])[0]!.op).toBe('Sub')
  })

  test('keeps a float64 factor out of attributes, which are float32', () => {
    const [v, a, b] = [input([2, 2], 'float64'), input([2, 3], 'float64'), input([3, 2], 'float64')]
    const beta = (factor: number) =>
      simplify([ops.add(ops.mul(v, factor), ops.matmul(a, b))])[0]!.attributes.beta
    expect(beta(0.9)).toEqual({ float: 1 })
    expect(beta(0.5)).toEqual({ float: 0.5 })
  })
})

test('a whole training step of Linear, ReLU and BatchNorm1d is this graph', async () => {
  const model = new nn.Sequential(
    new nn.Linear(3, 4),
    new nn.ReLU(),
    new nn.BatchNorm1d(4),
    new nn.Linear(4, 2),
  )
  const rule = sgd({ lr: (step) => step }).attach(variables(model))
  const [x, y] = [input([8, 3]), input([8], 'int32')]
  const {
    result: loss,
    reads,
    writes,
    scheduled,
  } = trace(() => {
    const loss = ops.crossEntropy(model.forward(x, 'train'), y)
    rule.minimize(loss)
    return loss
  })
  const given = [...reads].map(([variable, t]) => [nameOf(variable), t] as const)
  const rate = [...scheduled.keys()].map((t) => ['lr', t] as const)
  const next = [...writes].map(([variable, t]) => [`next ${nameOf(variable)}`, t] as const)
  const text = print(new Map([['x', x], ['y', y], ...rate, ...given]), new Map([['loss', loss], ...next]))
  await expect(`${text}\n`).toMatchFileSnapshot('../golden/training-steps/article.txt')
})

test('gradients of what is shared are added', () => {
  const x = input([])
  const [slope] = trace(() => gradients(ops.add(ops.mul(x, 3), ops.exp(x)), [x])).result
  expect(slope!.op).toBe('Add')
})
