import { expect, test } from 'vitest'
import { parseExperiment } from './spec.ts'
import { taskOf } from './train.ts'

const taskWith = (...model: readonly unknown[]) =>
  taskOf(
    parseExperiment({
      data: 'digits10x10',
      model,
      loss: 'crossEntropy',
      optimizer: { type: 'sgd', lr: 0.1 },
      batchSize: 64,
      steps: 1,
    }),
  )

test.each([
  [
    'BatchNorm1d',
    [1e9],
    '0 (BatchNorm1d): wanted [batch, 1000000000] or [batch, 1000000000, length], got [64, 100]',
  ],
  ['LayerNorm', [1e9], '0 (LayerNorm): wanted […, 1000000000], got [64, 100]'],
  [
    'PReLU',
    [{ numParameters: 1e9 }],
    '0 (PReLU): prelu: wanted shapes that broadcast, got [64, 100] and [1, 1000000000]; make axis 1 equal or 1',
  ],
  [
    'Embedding',
    [1e7, 100],
    '0 (Embedding): embedding: wanted an index of int32 or int64, got float32; give x as an Int32Array, or use ops.cast',
  ],
])('a %s of a size that cannot be meant is refused before memory is taken', (kind, given, message) => {
  const before = process.memoryUsage().rss
  expect(() => taskWith([kind, ...given], ['Linear', 100, 10])).toThrow(message)
  expect(process.memoryUsage().rss - before).toBeLessThan(100e6)
})

test('weights that do not fit into memory together are refused, though each would', () => {
  const layers = Array.from({ length: 100 }, () => ['Linear', 40_000, 40_000] as const)
  expect(() => taskWith(...layers)).toThrow(
    /^model: wanted 160004000000 numbers that fit into the [\d.]+ GB of this machine, got 640 GB; use smaller layers$/,
  )
})
