import { describe, expect, test } from 'vitest'
import { constant, input, node, type Tensor, topological } from '../core/tensor.ts'
import { scan } from '../nn/scan.ts'
import * as ops from '../ops/index.ts'
import { byNode, simplify } from './simplify.ts'

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

  test('compares constants by all their values, NaN and −0 included', () => {
    const ending = (last: number) => constant(new Float64Array(1000).with(999, last))
    const roots = [1, 1, Number.NaN, Number.NaN, 0, -0].map(ending)
    const [a, b, c, d, e, f] = simplify(roots)
    expect([a === b, c === d, a === c, e === f]).toEqual([true, true, false, false])
  })

  test('leaves constants apart that have names', () => {
    const [a, b] = [constant([1]), constant([1])]
    expect(new Set(simplify([a, b])).size).toBe(1)
    expect(new Set(simplify([a, b], new Set([a, b]))).size).toBe(2)
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

test('nodes that run different graphs for each step stay apart', () => {
  const x = input([3, 2])
  const of = (op: 'Exp' | 'Tanh'): Tensor => {
    const [state, part] = [input([2]), input([2])]
    const step = { inputs: [state, part], states: [node(op, { inputs: [part] })], outputs: [state] }
    return scan({ states: [constant([0, 0])], sequences: [x], shared: [], backwards: false, step })
      .outputs[0]!
  }
  const [exp, tanh] = simplify([of('Exp'), of('Tanh')])
  expect(exp).not.toBe(tanh)
  expect(byNode(topological([exp!, tanh!]))).toHaveLength(2)
})
