import { expect, test } from 'vitest'
import { input } from '../../src/core/tensor.ts'
import { print } from '../../src/onnx/print.ts'
import * as ops from '../../src/ops/index.ts'
import { compile } from '../../src/runtime/compile.ts'

const scores = Float32Array.of(1, 5, 2, 4, 1, 0)

async function lossOf(
  labels: readonly number[],
  loss: (scores: ReturnType<typeof input>, labels: ReturnType<typeof input>) => ReturnType<typeof input>,
): Promise<number> {
  const spec = { x: { shape: [2, 3] }, y: { shape: [2], dtype: 'int32' } } as const
  const step = await compile(spec, ({ x, y }) => ({ loss: loss(x, y) }))
  return Number((await step({ x: scores, y: Int32Array.from(labels) })).loss[0])
}

test.each([
  ['crossEntropy', (x, y) => ops.crossEntropy(x, y, { reduction: 'mean' })],
  ['crossEntropy that ignores', (x, y) => ops.crossEntropy(x, y, { ignoreIndex: -100 })],
  ['nllLoss', (x, y) => ops.nllLoss(x, y)],
  ['multiMarginLoss', (x, y) => ops.multiMarginLoss(x, y)],
  ['crossEntropy without options', (x, y) => ops.crossEntropy(x, y)],
] as [string, Parameters<typeof lossOf>[1]][])('%s refuses a label that is no class', async (_, loss) => {
  expect(await lossOf([0, 2], loss)).toBeGreaterThan(-10)
  for (const label of [3, -1, -3]) {
    await expect(lossOf([0, label], loss)).rejects.toThrow(`, got ${label} at example 1 of y`)
  }
})

test('an ignored label counts for nothing', async () => {
  const one = await lossOf([0, -100], (x, y) => ops.crossEntropy(x, y, { ignoreIndex: -100 }))
  const sum = await lossOf([0, 2], (x, y) => ops.crossEntropy(x, y, { ignoreIndex: 2, reduction: 'sum' }))
  expect(one).toBeCloseTo(Math.log(Math.exp(0) + Math.exp(4) + Math.exp(1)), 5)
  expect(sum).toBeCloseTo(one, 5)
})

test('the plain cross-entropy is five nodes', () => {
  const [x, y] = [input([4, 3]), input([4], 'int32')]
  const given = new Map([
    ['x', x],
    ['y', y],
  ])
  const text = print(given, new Map([['loss', ops.crossEntropy(x, y)]]))
  expect(text.match(/\w+\(/g)).toEqual(['LogSoftmax(', 'Reshape(', 'GatherElements(', 'ReduceSum(', 'Mul('])
})

test('the plain cross-entropy is finite beside an impossible class', async () => {
  const loss = await compile({ x: { shape: [2, 3] }, y: { shape: [2], dtype: 'int32' } }, ({ x, y }) => ({
    loss: ops.crossEntropy(x, y),
  }))
  const x = Float32Array.of(0, 0, Number.NEGATIVE_INFINITY, 1, 1, 1)
  const { loss: value } = await loss({ x, y: Int32Array.of(0, 2) })
  expect(value[0]).toBeCloseTo((Math.log(2) + Math.log(3)) / 2, 6)
})
