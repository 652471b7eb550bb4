import { expect, test } from 'vitest'
import { golden } from '../../test/support/golden.ts'
import { wilson } from '../core/confidence.ts'
import { type Dataset, dataset } from '../data/index.ts'
import * as nn from '../nn/index.ts'
import * as ops from '../ops/index.ts'
import { sgd } from '../optim/index.ts'
import { f1, rocAuc } from './metrics/index.ts'
import { Task } from './task.ts'
import type { TaskOptions } from './task-options.ts'

/** A task whose model returns its input. */
function identity(data: Dataset, changes: Partial<TaskOptions> = {}): Task {
  const size = data.x.shape.at(-1)!
  const model = new nn.Sequential(new nn.Linear(size, size, { bias: false }))
  const task = new Task({ model, loss: ops.crossEntropy, optimizer: sgd({ lr: 0.1 }), data, ...changes })
  const [weight] = [...task.variables.values()]
  weight!.data = Float32Array.from({ length: size * size }, (_, i) => Number(i % (size + 1) === 0))
  return task
}

interface Classifier {
  readonly labels: readonly number[]
  readonly scores: readonly number[]
  readonly f1: readonly [number, number]
}
const { classifier } = golden<{ readonly classifier: Classifier }>('confidence')
const scored = dataset({
  x: classifier.scores.map((score) => [0, score]),
  y: Int32Array.from(classifier.labels),
})

test('a classifier gets the Wilson interval of its accuracy, and the bootstrap interval of a metric', async () => {
  const task = identity(scored, { metrics: { f1: f1() } })
  const { accuracy, loss, intervals } = await task.evaluate(scored, { intervals: true })
  const [low, high] = wilson(Math.round(accuracy! * 80), 80)
  expect(intervals!.accuracy).toEqual({ low, high, method: 'wilson' })
  const { f1: ofF1, loss: ofLoss } = intervals!
  const width = classifier.f1[1] - classifier.f1[0]
  expect(Math.abs(ofF1!.low - classifier.f1[0])).toBeLessThan(0.06 * width)
  expect(Math.abs(ofF1!.high - classifier.f1[1])).toBeLessThan(0.06 * width)
  expect(ofF1).toMatchObject({ method: 'bootstrap', resamples: 2000 })
  expect(ofLoss!.low).toBeLessThan(loss)
  expect(ofLoss!.high).toBeGreaterThan(loss)
  expect(await task.evaluate(scored)).toEqual({ loss, accuracy, metrics: { f1: expect.any(Number) } })
  expect(await task.evaluate(scored, { intervals: true, batchSize: 7 })).toMatchObject({
    intervals: { accuracy: { low, high }, f1: ofF1! },
  })
})

test('a mean loss has the standard error of its examples', async () => {
  const { intervals } = await identity(scored).evaluate(scored, { intervals: true })
  const losses = classifier.labels.map((label, i) => {
    const [own, other] = label === 1 ? [classifier.scores[i]!, 0] : [0, classifier.scores[i]!]
    return Math.log(1 + Math.exp(other - own))
  })
  const mean = losses.reduce((a, b) => a + b) / 80
  const error = Math.sqrt(losses.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 80 / 80)
  const { low, high } = intervals!.loss!
  expect((high - low) / (2 * 1.96 * error)).toBeGreaterThan(0.93)
  expect((high - low) / (2 * 1.96 * error)).toBeLessThan(1.07)
})

test('a weighted loss is resampled with its weights', async () => {
  const weight = [1, 9]
  const loss: ops.Loss = (output, target) => ops.crossEntropy(output, target, { weight })
  const plain = await identity(scored).evaluate(scored, { intervals: true })
  const weighted = await identity(scored, { loss }).evaluate(scored, { intervals: true })
  expect(weighted.intervals!.loss!.low).toBeLessThan(weighted.loss)
  expect(weighted.intervals!.loss!.high).toBeGreaterThan(weighted.loss)
  expect(weighted.intervals!.loss).not.toEqual(plain.intervals!.loss)
  expect(weighted.intervals!.accuracy).toEqual(plain.intervals!.accuracy)
})

test('labels of one example are resampled together', async () => {
  const x = Array.from({ length: 60 }, (_, i) =>
    [0, 1].map((row) => [0, 1, 2, 3].map((k) => Math.sin(9 * i + 5 * k + row))),
  )
  const data = dataset({
    x,
    y: Array.from({ length: 60 }, (_, i) => [0, 1, 2, 3].map((k) => Number((i + k) % 3 > 0))),
  })
  const { accuracy, intervals } = await identity(data, { metrics: { f1: f1() } }).evaluate(data, {
    intervals: true,
  })
  expect(intervals!.accuracy).toMatchObject({ method: 'bootstrap', resamples: 2000 })
  expect(intervals!.accuracy!.low).toBeLessThan(accuracy!)
  expect(intervals!.accuracy!.high).toBeGreaterThan(accuracy!)
})

test('nothing that single examples do not decide has an interval', async () => {
  const norm = new nn.Sequential(new nn.BatchNorm1d(2, { trackRunningStats: false }))
  const whole = new Task({ model: norm, loss: ops.crossEntropy, optimizer: sgd({ lr: 0.1 }), data: scored })
  expect((await whole.evaluate(scored, { intervals: true })).intervals).toEqual({})
  const rare = dataset({
    x: [
      [0, 1],
      [0, 2],
      [1, 0],
      [3, 0],
    ],
    y: [1, 0, 0, 0],
    classes: 2,
  })
  const task = identity(rare, { metrics: { rocAuc: rocAuc() } })
  const { intervals, metrics } = await task.evaluate(rare, { intervals: true })
  expect(metrics).toEqual({ rocAuc: expect.any(Number) })
  expect(Object.keys(intervals!)).toEqual(['loss', 'accuracy']) // some resamples have no example of class 1
})

test('intervals stop when they are asked to', async () => {
  const controller = new AbortController()
  const result = (): number => {
    controller.abort(new Error('enough'))
    return 1
  }
  const metric = { ...f1(), result }
  const big = dataset({ x: new Float32Array(2 * 4000), y: new Int32Array(4000), classes: 2, shape: [2] })
  const task = identity(big, { metrics: { slow: metric } })
  await expect(task.evaluate(big, { intervals: true, signal: controller.signal })).rejects.toThrow('enough')
})
