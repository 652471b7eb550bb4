import { describe, expect, test } from 'vitest'
import { scalar, type Tensor } from '../../src/core/tensor.ts'
import * as data from '../../src/data/index.ts'
import * as nn from '../../src/nn/index.ts'
import * as ops from '../../src/ops/index.ts'
import { sgd } from '../../src/optim/index.ts'
import { Task } from '../../src/train/index.ts'
import { difference } from '../support/golden.ts'

// Losses that divide or multiply by the number of examples themselves, and plain sums.

const x = Float64Array.of(1, 2, 3, 4, 5, 6, 0.5)
const labelled = data.dataset({ x, y: [0, 1, 2, 1, 0, 2, 2] })
const numbers = data.dataset({
  x,
  y: Float64Array.from({ length: 21 }, (_, i) => Math.cos(i)),
  targetShape: [3],
})
const task = (loss: ops.Loss, set: data.Dataset, accumulate = 1): Task =>
  new Task({
    model: new nn.Linear(1, 3),
    loss,
    optimizer: sgd({ lr: 0.1 }),
    data: set,
    dtype: 'float64',
    accumulate,
    seed: 1,
  })

const weight = [1, 5, 10]
const size = (o: Tensor): number => o.shape[0]!
const sum: ops.Loss = (o, y) => ops.crossEntropy(o, y, { reduction: 'sum' })
const costs: ops.Loss = (o, y) => ops.crossEntropy(o, y, { weight, reduction: 'none' })
const summed: ops.Loss = (o, y) => ops.crossEntropy(o, y, { weight, reduction: 'sum' })
const pairs: readonly (readonly [string, data.Dataset, ops.Loss, ops.Loss])[] = [
  ['a sum divided by the batch size', labelled, (o, y) => ops.div(sum(o, y), size(o)), ops.crossEntropy],
  ['a sum times its inverse', labelled, (o, y) => ops.mul(sum(o, y), 1 / size(o)), ops.crossEntropy],
  [
    'its inverse, as a tensor, times a sum',
    labelled,
    (o, y) => ops.mul(ops.div(ops.mul(scalar(0.5, o.dtype), 2), size(o)), sum(o, y)),
    ops.crossEntropy,
  ],
  [
    'a mean of squares made from a sum',
    numbers,
    (o, y) => ops.div(ops.mseLoss(o, y, { reduction: 'sum' }), 3 * size(o)),
    ops.mseLoss,
  ],
  [
    'a mean of log-likelihoods made from a sum, beside another',
    labelled,
    (o, y) =>
      ops.add(
        ops.div(ops.nllLoss(ops.logSoftmax(o), y, { reduction: 'sum' }), size(o)),
        ops.mul(ops.crossEntropy(o, y), 2),
      ),
    (o, y) => ops.mul(ops.crossEntropy(o, y), 3),
  ],
  ['a mean times the batch size', labelled, (o, y) => ops.mul(ops.crossEntropy(o, y), size(o)), sum],
  ['a sum of unreduced losses', labelled, (o, y) => ops.sum(costs(o, y)), summed],
  [
    'a sum of squares over one axis after the other, doubled',
    numbers,
    (o, y) => ops.mul(ops.sum(ops.sum(ops.square(ops.sub(o, y)), [0])), 2),
    (o, y) => ops.mul(ops.mseLoss(o, y, { reduction: 'sum' }), 2),
  ],
]

describe('a loss is joined as what it is', () => {
  test.each(pairs)('%s', async (_, set, loss, same) => {
    const batch = { x: set.x.data, y: set.y.data, length: set.length }
    const wanted = task(same, set)
    const { loss: value } = await wanted.evaluate(set)
    await wanted.step(batch)
    for (const batchSize of [1, 2, 4, 7]) {
      const { loss: got } = await task(loss, set).evaluate(set, { batchSize })
      expect(difference([got], [value])).toBeLessThan(1e-12)
    }
    for (const accumulate of [1, 3]) {
      const trained = task(loss, set, accumulate)
      expect(difference([await trained.step(batch)], [value])).toBeLessThan(1e-12)
      const [got, right] = [trained, wanted].map((t) => t.variables.get('weight')!.data as Float64Array)
      expect(difference(got!, right!)).toBeLessThan(1e-12)
    }
  })

  test('and a root of a mean remains one of each batch', async () => {
    const loss: ops.Loss = (o, y) => ops.sqrt(ops.mseLoss(o, y))
    const t = task(loss, numbers)
    const [whole, halves] = [
      await t.evaluate(numbers, { batchSize: 7 }),
      await t.evaluate(numbers, { batchSize: 4 }),
    ]
    expect(halves.loss).toBeLessThan(whole.loss)
  })
})
