import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { random } from '../core/random.ts'
import { type Dataset, dataset } from '../data/index.ts'
import * as nn from '../nn/index.ts'
import * as ops from '../ops/index.ts'
import { sgd } from '../optim/index.ts'
import { type Experiment, experiment, metrics, open, RunFolder, run, taskOf } from './index.ts'

const root = mkdtempSync(join(tmpdir(), 'weighted-'))
afterAll(() => rmSync(root, { recursive: true }))

const draw = random('example weights')
const examples = 24
const x = Float32Array.from({ length: 2 * examples }, () => draw.normal())
const y = Int32Array.from({ length: examples }, (_, i) => Number(x[2 * i]! > 0))
const weights = Float32Array.from({ length: examples }, (_, i) => (i % 4 === 0 ? 0 : 1 + (i % 3)))
const data = (given: ArrayLike<number> | undefined): Dataset =>
  dataset({ x, y, shape: [2], ...(given && { weights: Float32Array.from(given) }) })

const setup = (given: ArrayLike<number> | undefined, more: object = {}): Experiment =>
  experiment({
    data: { train: data(given), validation: data(given) },
    model: () => new nn.Linear(2, 2),
    loss: ops.crossEntropy,
    optimizer: sgd({ lr: 0.1 }),
    batchSize: 8,
    epochs: 2,
    threads: 1,
    ...more,
  })

async function weightsAfter(made: Experiment): Promise<number[]> {
  const task = taskOf(made)
  for await (const _ of run(made, { task }));
  return [...task.variables.values()].flatMap(({ data }) => Array.from(data, Number))
}

test('a whole weight counts as copies, and weights of 1 as none', async () => {
  const whole = Int32Array.from(weights)
  const copies = Array.from(whole.keys()).flatMap((i) => new Array<number>(whole[i]!).fill(i))
  const repeated = dataset({
    x: Float32Array.from(copies.flatMap((i) => [x[2 * i]!, x[2 * i + 1]!])),
    y: Int32Array.from(copies, (i) => y[i]!),
    shape: [2],
  })
  const copied = setup(undefined, {
    data: { train: repeated, validation: repeated },
    batchSize: copies.length,
  })
  const [a, b] = [await weightsAfter(setup(weights, { batchSize: examples })), await weightsAfter(copied)]
  for (const [i, value] of a.entries()) expect(value).toBeCloseTo(b[i]!, 6)
  const ones = await weightsAfter(setup(new Array(examples).fill(1)))
  for (const [i, value] of (await weightsAfter(setup(undefined))).entries())
    expect(ones[i]).toBeCloseTo(value, 6)
})

test('a loss that gives an example no value of its own is refused', async () => {
  const centred: ops.Loss = (o, t) => ops.crossEntropy(ops.sub(o, ops.mean(o, [0], { keepDims: true })), t)
  await expect(weightsAfter(setup(weights, { loss: centred }))).rejects.toThrow(
    'task: wanted a loss of a value for each example, since the examples have weights, got one that combines ' +
      'examples by Sub; reduce the costs of the examples by ops.mean, ops.sum or ops.weightedLoss alone, or leave the ' +
      'weights out',
  )
  const greatest: ops.Loss = (o, t) => ops.max(ops.crossEntropy(o, t, { reduction: 'none' }))
  await expect(weightsAfter(setup(weights, { loss: greatest }))).rejects.toThrow('combines examples by')
})

test('a metric that ignores weights is refused', () => {
  const { weighs, ...own } = metrics.accuracy()
  expect(weighs).toBe(true)
  expect(() => setup(weights, { metrics: { own } })).toThrow(
    'metrics: wanted metrics that count examples by their weights, got "own"; count each example by ' +
      'predictions.weights in update, and declare weighs: true',
  )
})

test('a batch without weight is refused, or skipped', async () => {
  const none = Array.from({ length: examples }, (_, i) => Number(i >= 8))
  const sampler = { count: examples, order: () => Int32Array.from({ length: examples }, (_, i) => i) }
  await expect(weightsAfter(setup(none, { sampler }))).rejects.toThrow(
    'no example of the batch has a weight above 0, so the loss is 0/0; use larger batches, leave out examples with ' +
      "weight 0, or skip such batches with nonFinite: 'skip'",
  )
  expect((await weightsAfter(setup(none, { sampler, nonFinite: 'skip' }))).every(Number.isFinite)).toBe(true)
})

async function trainedIn(path: string, made: Experiment, options: object = {}): Promise<void> {
  const folder = new RunFolder(path, made, options)
  try {
    for await (const _ of folder.events());
  } finally {
    folder.close()
  }
}

test('a run keeps the weights: its graphs count by them, its identity covers them', async () => {
  const path = join(root, 'run')
  const made = setup(weights, { metrics: { f1: metrics.f1() }, checkpoints: {} })
  await trainedIn(path, made)
  const opened = await open(path)
  const evaluated = await opened.evaluate(made.data.validation, { intervals: true })
  const task = taskOf(made)
  for await (const _ of run(made, { task }));
  const own = await task.evaluate(made.data.validation, { batchSize: 8 })
  expect(evaluated.loss).toBeCloseTo(own.loss, 6)
  expect(evaluated).toMatchObject({ accuracy: own.accuracy, metrics: own.metrics })
  expect(evaluated.intervals).toMatchObject({ accuracy: { method: 'bootstrap' }, f1: {}, loss: {} })
  const plain = await opened.evaluate(data(undefined))
  const hits = await task.evaluate(data(undefined), { batchSize: 8 })
  expect(plain.accuracy).toBeCloseTo(hits.accuracy!, 6)
  expect(plain.accuracy).not.toBe(own.accuracy)
  const other = setup([...weights.subarray(1), 1], { metrics: made.metrics, checkpoints: {}, epochs: 3 })
  await expect(trainedIn(path, other, { resume: true })).rejects.toThrow('got other data')
})
