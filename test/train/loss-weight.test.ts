import { describe, expect, test } from 'vitest'
import { random } from '../../src/core/random.ts'
import { constant, type Tensor } from '../../src/core/tensor.ts'
import * as data from '../../src/data/index.ts'
import * as nn from '../../src/nn/index.ts'
import * as ops from '../../src/ops/index.ts'
import { sgd } from '../../src/optim/index.ts'
import { run, Task, taskOf } from '../../src/train/index.ts'
import { difference } from '../support/golden.ts'
import { clouds, collect, ToyNet, toy } from '../support/toy.ts'

// How the losses of batches join to the loss of all examples.

const source = random('weights')
const x = Float64Array.from({ length: 4 * 24 }, () => source.normal())
const labelled = data.dataset({ x, y: Int32Array.from({ length: 24 }, (_, i) => (i * i) % 3), shape: [4] })
const numbers = data.dataset({
  x,
  y: Float64Array.from({ length: 3 * 24 }, () => source.uniform()),
  shape: [4],
  targetShape: [3],
})
const weight = [1, 5, 10]

const task = (loss: ops.Loss, set: data.Dataset, accumulate = 1): Task =>
  new Task({
    model: new nn.Linear(4, 3),
    loss,
    optimizer: sgd({ lr: 0.1 }),
    data: set,
    dtype: 'float64',
    accumulate,
  })
const first = (t: Task): ArrayLike<number> => t.variables.get('weight')!.data as ArrayLike<number>
const all = ({ x, y, length }: data.Dataset): data.Batch => ({ x: x.data, y: y.data, length })

/** Checks that accumulation and evaluation in batches give what one large batch does. Returns that loss. */
async function joins(loss: ops.Loss, set: data.Dataset): Promise<number> {
  const [whole, parts] = [task(loss, set), task(loss, set, 4)]
  const wanted = (await whole.evaluate(set, { batchSize: 24 })).loss
  expect(difference([(await whole.evaluate(set, { batchSize: 8 })).loss], [wanted])).toBeLessThan(1e-12)
  const [large, accumulated] = [await whole.step(all(set)), await parts.step(all(set))]
  expect(difference([large, accumulated], [wanted, wanted])).toBeLessThan(1e-12)
  expect(difference(first(parts), first(whole))).toBeLessThan(1e-12)
  return wanted
}

const signs = (y: Tensor): Tensor => ops.sub(ops.mul(ops.cast(ops.greater(y, 0.5), y.dtype), 2), 1)
const mask = (y: Tensor): Tensor => ops.cast(ops.greater(y, 0.3), y.dtype)
const onLabels: Readonly<Record<string, ops.Loss>> = {
  'cross-entropy of an ignored class, weighted and smoothed': (o, y) =>
    ops.crossEntropy(o, y, { weight, ignoreIndex: 1, labelSmoothing: 0.1 }),
  'a negative log-likelihood': (o, y) => ops.nllLoss(ops.logSoftmax(o), y, { ignoreIndex: 0 }),
  'a margin with class weights': (o, y) => ops.multiMarginLoss(o, y, { weight }),
  'a difference of terms with weights of their own': (o, y) =>
    ops.sub(
      ops.div(ops.crossEntropy(o, y, { weight, ignoreIndex: 2 }), 4),
      ops.neg(ops.mul(ops.crossEntropy(o, y, { ignoreIndex: 0 }), 0.5)),
    ),
  'a sum beside a mean': (o, y) =>
    ops.add(ops.crossEntropy(o, y), ops.multiMarginLoss(o, y, { reduction: 'sum' })),
}
const onNumbers: Readonly<Record<string, ops.Loss>> = {
  'a weight that a loss of one’s own states': (o, y) =>
    ops.weightedLoss(ops.sum(ops.mul(ops.square(ops.sub(o, y)), mask(y))), ops.sum(mask(y))),
  'a sum that a loss of one’s own states': (o, y) => ops.weightedLoss(ops.sum(ops.abs(ops.sub(o, y))), 1),
  'a mean of one’s own': (o, y) => ops.mean(ops.square(ops.sub(o, y))),
}
const elementwise = {
  mseLoss: ops.mseLoss,
  smoothL1Loss: ops.smoothL1Loss,
  binaryCrossEntropyWithLogits: ops.binaryCrossEntropyWithLogits,
  klDiv: ops.klDiv,
  crossEntropy: ops.crossEntropy,
  hingeEmbeddingLoss: ((o, y, how) => ops.hingeEmbeddingLoss(o, signs(y), how)) as typeof ops.mseLoss,
}

describe('accumulation and evaluation in batches equal one large batch', () => {
  test.each(Object.entries(onLabels))('with %s', async (_, loss) => {
    await joins(loss, labelled)
  })

  test.each(Object.entries(onNumbers))('with %s', async (_, loss) => {
    await joins(loss, numbers)
  })

  test.each(Object.entries(elementwise))('with %s, as a mean and as a sum', async (name, loss) => {
    const of =
      (reduction: 'mean' | 'sum'): ops.Loss =>
      (o, y) =>
        loss(o, y, { reduction })
    const mean = await joins(of('mean'), numbers)
    const { loss: sum } = await task(of('sum'), numbers).evaluate(numbers, { batchSize: 5 })
    expect(sum / mean).toBeCloseTo(name === 'crossEntropy' ? 24 : 72, 9)
  })

  test('with micro-batches of which none of the labels counts', async () => {
    const y = Int32Array.from({ length: 24 }, (_, i) => (i < 10 ? 255 : i % 3))
    await joins((o, t) => ops.crossEntropy(o, t, { ignoreIndex: 255 }), {
      ...data.dataset({ x, y, shape: [4], ignoreIndex: 255 }),
    })
  })

  test('and a batch without a label that counts is an error that changes nothing', async () => {
    const none = data.dataset({ x, y: new Int32Array(24).fill(7), shape: [4], classes: 3, ignoreIndex: 7 })
    for (const accumulate of [1, 3]) {
      const still = task((o, t) => ops.crossEntropy(o, t, { ignoreIndex: 7 }), none, accumulate)
      const before = Array.from(first(still))
      await expect(still.step(all(none))).rejects.toThrow(
        'train: wanted a finite loss, got NaN at step 0, lr 0.1; no label of the batch counts, so the loss is 0/0; use larger ' +
          "batches, leave out examples without labels that count, or skip such batches with nonFinite: 'skip'",
      )
      expect(Array.from(first(still))).toEqual(before)
    }
  })
})

test('validation data without a label that counts are an error that says so', async () => {
  const { train, validation } = clouds(32)
  const none = { ...validation, ignoreIndex: 9, y: { ...validation.y, data: new Int32Array(30).fill(9) } }
  const made = toy({
    data: { train, validation: none },
    model: () => new nn.Linear(2, 3),
    loss: (o, y) => ops.crossEntropy(o, y, { ignoreIndex: 9 }),
    epochs: 1,
  })
  await expect(collect(run(made))).rejects.toThrow(
    /^train: wanted a finite validation loss, got NaN after step \d+, lr .*; no label of the validation data counts, so the loss is 0\/0; validate on examples whose labels count$/,
  )
})

test('a total and a weight are one number each', () => {
  const vector = constant([1, 2])
  expect(() => ops.weightedLoss(vector, 1)).toThrow(
    'weightedLoss: wanted a total and a weight of one number each, got [2]',
  )
})

describe('the training loss of an epoch', () => {
  test.each([
    ['mean', {}],
    ['weighted mean', { weight: [1, 5, 10] }],
    ['sum', { reduction: 'sum' }],
  ] as const)('is the %s over its examples, also with a last batch that is not full', async (_, how) => {
    const { train } = clouds(33)
    const made = toy({
      data: { train, validation: train },
      model: () => new nn.Linear(2, 3),
      loss: (o, y) => ops.crossEntropy(o, y, how),
      optimizer: sgd({ lr: 0 }),
      batchSize: 32,
      lastBatch: 'keep',
      epochs: 1,
      dtype: 'float64',
    })
    const epoch = (await collect(run(made))).find((event) => event.type === 'epoch')!
    expect(difference([epoch.trainLoss], [epoch.validationLoss])).toBeLessThan(1e-12)
  })

  test('leaves out skipped batches', async () => {
    const { train, validation } = clouds(32)
    const broken = train.x.data.slice() as Float32Array
    broken[5] = Number.NaN
    const made = toy({
      data: { train: data.dataset({ x: broken, y: train.y.data as Int32Array }), validation },
      loss: (o, y) => ops.crossEntropy(o, y, { weight: [1, 5, 10] }),
      model: () => new nn.Linear(2, 3),
      nonFinite: 'skip',
      epochs: 1,
    })
    const epoch = (await collect(run(made))).find((event) => event.type === 'epoch')!
    expect(epoch.skipped).toBe(1)
    expect(epoch.trainLoss).toBeGreaterThan(0)
  })
})

describe('a last batch that is not full', () => {
  const examples = (n: number, changes: object) => {
    const { train, validation } = clouds(n)
    return toy({ data: { train, validation }, lastBatch: 'keep', epochs: 1, ...changes })
  }

  test('of one example is refused before the first step where BN needs two', async () => {
    const events: string[] = []
    const running = async () => {
      for await (const { type } of run(examples(33, { batchSize: 32 }))) events.push(type)
    }
    await expect(running).rejects.toThrow(
      'train: wanted a last batch of an epoch to train on, got 1 example, where bn (BatchNorm1d): wanted 2 or more ' +
        "values per channel to train on, got [1, 8]; set lastBatch: 'drop', or another batchSize",
    )
    await expect(collect(run(examples(9, { batchSize: 2, accumulate: 3 })))).rejects.toThrow(
      'got 3 examples in micro-batches of 2, where bn (BatchNorm1d)',
    )
    expect(events).toEqual([])
    const other = [
      { steps: 1, epochs: undefined },
      { lastBatch: 'drop' },
      { model: () => new nn.Linear(2, 3) },
    ]
    for (const changes of other) {
      const done = await collect(run(examples(33, { batchSize: 32, ...changes })))
      expect(done.at(-1)!.type).toBe('end')
    }
  })

  test('is cut into no more micro-batches than it needs', async () => {
    const made = examples(35, { batchSize: 8, accumulate: 4 })
    const sizes: number[] = []
    class Watching extends ToyNet {
      override forward(input: Tensor, mode: nn.Mode): Tensor {
        if (mode === 'train') sizes.push(input.shape[0]!)
        return super.forward(input, mode)
      }
    }
    const done = await collect(run(made, { task: taskOf({ ...made, model: () => new Watching() }) }))
    expect(done.at(-1)).toMatchObject({ steps: 2 })
    expect(sizes).toEqual([8, 3])
  })
})
