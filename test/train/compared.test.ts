import { describe, expect, test } from 'vitest'
import type { Tensor } from '../../src/core/tensor.ts'
import * as data from '../../src/data/index.ts'
import * as nn from '../../src/nn/index.ts'
import * as ops from '../../src/ops/index.ts'
import { sgd } from '../../src/optim/index.ts'
import { type Evaluation, metrics, Task } from '../../src/train/index.ts'

// Accuracy and metrics measure what the loss compares.

const x = Float32Array.of(9, 0, 0, 0, 9, 0, 0, 0, 9, 9, 0, 0, 0, 9, 0, 0, 0, 9)
const y = [0, 1, 2, 0, 1, 2]
const labelled = data.dataset({ x, y, shape: [3] })

/** Returns its input, times a weight of 1: the scores of three classes. */
class Scores implements nn.Module {
  readonly scale = new nn.Linear(3, 3, { bias: false })

  constructor() {
    this.scale.weight.initializer = () => Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1)
  }

  forward(x: Tensor): Tensor {
    return this.scale.forward(x)
  }
}

const task = (set: data.Dataset, loss: ops.Loss, model: nn.Module = new Scores()): Task =>
  new Task({
    model,
    loss,
    optimizer: sgd({ lr: 0.1 }),
    data: set,
    seed: 1,
    metrics: { accuracy: metrics.accuracy(), f1: metrics.f1(), confusion: metrics.confusionMatrix() },
  })
const evaluate = (set: data.Dataset, loss: ops.Loss, model?: nn.Module): Promise<Evaluation> =>
  task(set, loss, model).evaluate(set, { batchSize: 4 })

describe('what the loss compares is measured', () => {
  test.each<readonly [string, data.Dataset, ops.Loss]>([
    [
      'negated scores',
      { ...labelled, x: { ...labelled.x, data: x.map((v) => -v) } },
      (o, t) => ops.crossEntropy(ops.neg(o), t),
    ],
    ['scores over a temperature', labelled, (o, t) => ops.crossEntropy(ops.div(o, 2), t)],
    [
      'labels from 1',
      data.dataset({ x, y: y.map((label) => label + 1), shape: [3] }),
      (o, t) => ops.crossEntropy(o, ops.sub(t, 1)),
    ],
    ['log-probabilities', labelled, (o, t) => ops.nllLoss(ops.logSoftmax(o), t)],
    [
      'scores that depend on the labels: not',
      labelled,
      (o, t) => ops.crossEntropy(ops.sub(o, ops.mul(ops.oneHot(t, 3), 20)), t),
    ],
  ])('%s', async (_, set, loss) => {
    const found = await evaluate(set, loss)
    expect(found.accuracy).toBe(1)
    expect(found.metrics).toMatchObject({ accuracy: 1, f1: 1 })
  })

  test('and of several losses the first counts', async () => {
    const found = await evaluate(labelled, (o, t) =>
      ops.add(ops.crossEntropy(o, t), ops.mul(ops.crossEntropy(o, t, { ignoreIndex: 0 }), 0.5)),
    )
    expect((found.metrics!.confusion as number[][]).flat().reduce((a, b) => a + b)).toBe(6)
  })

  test('as a count of labels, which no element type rounds', async () => {
    const three = data.dataset({ x: x.slice(0, 9), y: [0, 2, 1], shape: [3], classes: 3 })
    expect((await evaluate(three, ops.crossEntropy)).accuracy).toBe(1 / 3)
  })
})

describe('a label that only the loss ignores', () => {
  const marked = data.dataset({ x: x.slice(0, 12), y: Int32Array.of(0, 1, 255, 1), shape: [3] })
  const ignoring: ops.Loss = (o, t) => ops.crossEntropy(o, t, { ignoreIndex: 255 })

  test('is no class', async () => {
    const found = await evaluate(marked, ignoring)
    expect(found.accuracy).toBe(2 / 3)
    expect(found.loss).toBeLessThan(10)
    const two = task(marked, ignoring, new nn.Linear(3, 2))
    expect(await two.step({ x: marked.x.data, y: marked.y.data, length: 4 })).toBeGreaterThan(0)
  })

  test('but one that the loss counts is', async () => {
    await expect(evaluate(marked, ops.crossEntropy)).rejects.toThrow(
      'task: wanted a score for each of 256 classes, got [4, 3]; widen the last layer',
    )
    const five = data.dataset({ x: x.slice(0, 12), y: Int32Array.of(0, 5, 255, 1), shape: [3] })
    await expect(evaluate(five, ignoring)).rejects.toThrow(
      'wanted a label from 0 to 2 or 255, got 5 at example 1',
    )
  })
})

test('a loss that is none of classes must mask the label that the data ignore', async () => {
  const some = data.dataset({ x: x.slice(0, 12), y: [0, 1, -1, 1], shape: [3], ignoreIndex: -1 })
  const costs: ops.Loss = (o, t) =>
    ops.binaryCrossEntropyWithLogits(ops.flatten(o, 0), ops.cast(t, o.dtype), { reduction: 'none' })
  const make = (loss: ops.Loss): Task =>
    new Task({ model: new nn.Linear(3, 1), loss, optimizer: sgd({ lr: 0.1 }), data: some, seed: 1 })
  await expect(make((o, t) => ops.mean(costs(o, t))).evaluate(some)).rejects.toThrow(
    'task: wanted a loss that ignores the label -1, as the data do, got one that counts each label; multiply its costs by a mask, ops.notEqual(target, -1), and return ops.weightedLoss(total, sum of the mask)',
  )
  const masked: ops.Loss = (o, t) => {
    const mask = ops.cast(ops.notEqual(t, -1), o.dtype)
    return ops.weightedLoss(ops.sum(ops.mul(costs(o, t), mask)), ops.sum(mask))
  }
  const three = data.subset(some, [0, 1, 3])
  const [found, wanted] = [await make(masked).evaluate(some), await make(masked).evaluate(three)]
  expect(found.loss).toBeCloseTo(wanted.loss, 6)
  expect(found.accuracy).toBe(wanted.accuracy)
})

test('weighted averages over several labels of which none applies are zeroDivision, as in scikit-learn', () => {
  const none = {
    output: Float32Array.of(1, -1, 2, -2),
    target: new Float32Array(4),
    length: 2,
    shapes: { output: [2, 2], target: [2, 2] },
  }
  for (const metric of [metrics.f1, metrics.precision, metrics.recall]) {
    for (const [zeroDivision, value] of [
      [0, 0],
      [1, 1],
      ['nan', Number.NaN],
    ] as const) {
      const of = metric({ average: 'weighted', multilabel: true, zeroDivision })
      expect(of.result(of.update(of.initial, none))).toBe(value)
    }
  }
})
