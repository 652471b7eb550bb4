import { expect, test } from 'vitest'
import { digits10x10 } from '../data/index.ts'
import * as nn from '../nn/index.ts'
import { crossEntropy } from '../ops/index.ts'
import { sgd } from '../optim/index.ts'
import { experiment } from './experiment.ts'
import { taskOf } from './train.ts'

const data = digits10x10()
const taskWith = (...layers: readonly nn.Module[]) =>
  taskOf(
    experiment({
      data,
      model: () => new nn.Sequential(...layers),
      loss: crossEntropy,
      optimizer: sgd({ lr: 0.1 }),
      batchSize: 64,
      steps: 1,
    }),
  )

const tooLarge: readonly (readonly [message: string, layer: nn.Module])[] = [
  [
    '0 (BatchNorm1d): wanted [batch, 1000000000] or [batch, 1000000000, length], got [64, 100]',
    new nn.BatchNorm1d(1e9),
  ],
  ['0 (LayerNorm): wanted […, 1000000000], got [64, 100]', new nn.LayerNorm(1e9)],
  [
    '0 (PReLU): prelu: wanted shapes that broadcast, got [64, 100] and [1, 1000000000]; make axis 1 equal or 1',
    new nn.PReLU({ numParameters: 1e9 }),
  ],
  [
    '0 (Embedding): embedding: wanted an index of int32 or int64, got float32; give x as an Int32Array, or use ops.cast',
    new nn.Embedding(1e7, 100),
  ],
]

test.each(tooLarge)('a size that cannot be meant is refused before memory is taken: %s', (message, layer) => {
  const before = process.memoryUsage().rss
  expect(() => taskWith(layer, new nn.Linear(100, 10))).toThrow(message)
  expect(process.memoryUsage().rss - before).toBeLessThan(100e6)
})

test('weights that do not fit into memory together are refused, though each would', () => {
  const layers = Array.from({ length: 100 }, () => new nn.Linear(40_000, 40_000))
  expect(() => taskWith(...layers)).toThrow(
    /^model: wanted 160004000000 numbers that fit into the [\d.]+ GB of this machine, got 640 GB; use smaller layers$/,
  )
})
