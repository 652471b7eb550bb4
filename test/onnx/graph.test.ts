import { describe, expect, test } from 'vitest'
import { gradients } from '../../src/core/grad.ts'
import { nameOf } from '../../src/core/names.ts'
import { variables } from '../../src/core/state.ts'
import { input, type Tensor } from '../../src/core/tensor.ts'
import { trace } from '../../src/core/variable.ts'
import * as nn from '../../src/nn/index.ts'
import { print } from '../../src/onnx/print.ts'
import * as ops from '../../src/ops/index.ts'
import { sgd } from '../../src/optim/index.ts'
import { compile } from '../../src/runtime/compile.ts'

const graph = (x: Tensor, results: Readonly<Record<string, Tensor>>): string =>
  print(new Map([['x', x]]), new Map(Object.entries(results)))

describe('a node with several results', () => {
  test('is one node, whichever of them are asked for', () => {
    const x = input([4])
    const { values, indices } = ops.topK(x, 2)
    expect(graph(x, { values, indices, same: ops.topK(x, 2).indices })).toBe(
      [
        '%0.0, %0.1 = TopK(x, [2]) axis=0 largest=1 sorted=1 : float32 [2], int64 [2]',
        'values = %0.0',
        'indices = %0.1',
        'same = %0.1',
      ].join('\n'),
    )
  })

  test('runs, also in a loop, and when one result is not asked for', async () => {
    const step = await compile(
      { x: { shape: [3] } },
      ({ x }) => ({ ...ops.sort(x), last: ops.sort(x, 0, { descending: true }).indices }),
      { loop: true },
    )
    const { values, indices, last } = await step({ x: Float32Array.of(3, 1, 2, 5, 5, 4) })
    expect([...values]).toEqual([1, 2, 3, 4, 5, 5])
    expect([...indices].map(Number)).toEqual([1, 2, 0, 2, 0, 1])
    expect([...last].map(Number)).toEqual([0, 2, 1, 0, 1, 2])
  })
})

describe('gradients of slices', () => {
  const x = input([6, 2])
  const slope = (parts: readonly Tensor[]): Tensor => {
    const product = parts.reduce((a, b) => ops.mul(a, b))
    return gradients(ops.sum(product), [x])[0]!
  }

  test('join to one Concat when they cover the whole', () => {
    const text = graph(x, { dx: slope(ops.split(x, 2)) })
    expect(text).toContain('= Concat(')
    expect(text).not.toMatch(/Pad|Add/)
  })

  test('are padded once when they touch but cover a part', () => {
    const text = graph(x, { dx: slope([ops.slice(x, [[1, 2]]), ops.slice(x, [[2, 3]])]) })
    expect(text.match(/Concat/g)).toHaveLength(1)
    expect(text.match(/Pad/g)).toHaveLength(1)
    expect(text).not.toContain('Add')
  })

  test('stay a sum when they overlap or leave a gap', () => {
    for (const parts of [
      [ops.slice(x, [[0, 3]]), ops.slice(x, [[1, 4]])],
      [ops.slice(x, [[0, 2]]), ops.slice(x, [[4, 6]])],
    ]) {
      const text = graph(x, { dx: slope(parts) })
      expect(text).toContain('Add')
      expect(text).not.toContain('Concat')
    }
  })

  test('are the same numbers in any order, with other terms between', async () => {
    const step = await compile({ x: { shape: [6, 2] }, b: { shape: [2] } }, ({ x, b }) => {
      const [p, q, r] = ops.split(x, 2)
      const at = (part: Tensor, before: number, after: number): Tensor =>
        ops.pad(part, [
          [before, after],
          [0, 0],
        ])
      return { shuffled: ops.add(ops.add(at(r!, 4, 0), b), ops.add(at(p!, 0, 4), at(q!, 2, 2))) }
    })
    const numbers = Float32Array.from({ length: 12 }, (_, i) => i)
    const { shuffled } = await step({ x: numbers, b: Float32Array.of(100, 200) })
    expect([...shuffled]).toEqual([...numbers].map((n, i) => n + (i % 2 ? 200 : 100)))
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
