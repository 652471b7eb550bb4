import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { input } from '../../src/core/tensor.ts'
import * as data from '../../src/data/index.ts'
import * as nn from '../../src/nn/index.ts'
import * as ops from '../../src/ops/index.ts'
import { sgd } from '../../src/optim/index.ts'
import { Task } from '../../src/train/index.ts'

// Targets that do not fit the loss yet: what the message advises does.

const x = Float32Array.of(1, 2, 3, 4)
const bce: ops.Loss = (o, y) => ops.binaryCrossEntropyWithLogits(o, ops.cast(y, 'float32'))
const task = (set: data.Source, loss: ops.Loss, width = 1): Task =>
  new Task({ model: new nn.Linear(1, width), loss, optimizer: sgd({ lr: 0.1 }), data: set })
const evaluate = async (set: data.Source, loss: ops.Loss, width?: number) =>
  (await task(set, loss, width).evaluate(set)).loss

describe('a column of labels', () => {
  test('is one label an example, unless its shape is given', async () => {
    const column = [[0], [1], [1], [0]]
    expect(data.dataset({ x, y: column })).toMatchObject({ y: { shape: [] }, classes: 2 })
    const kept = data.dataset({ x, y: column, targetShape: [1] })
    expect(kept).toMatchObject({ y: { shape: [1] }, classes: 2 })
    expect(data.classCounts(kept)).toEqual([2, 2])
    const { loss, accuracy } = await task(kept, bce).evaluate(kept)
    const flat = data.dataset({ x, y: column })
    expect(loss).toBe(await evaluate(flat, (o, y) => bce(ops.flatten(o, 0), y)))
    expect(accuracy).toBeGreaterThanOrEqual(0)
  })
})

describe('a target of another shape than the output', () => {
  const advice = 'give the data set targetShape: [1], or the loss ops.flatten(output, 0)'
  const prices = data.dataset({ x, y: [1, 2, 3, 4], target: 'numbers' })

  test.each(
    Object.entries({
      mseLoss: ops.mseLoss,
      l1Loss: ops.l1Loss,
      huberLoss: ops.huberLoss,
      smoothL1Loss: ops.smoothL1Loss,
    }),
  )('is told how it fits %s', async (name, loss) => {
    await expect(evaluate(prices, loss)).rejects.toThrow(
      `${name}: wanted a target of float32 [4, 1], got float32 [4]; ${advice}`,
    )
    const given = data.dataset({ x, y: [1, 2, 3, 4], target: 'numbers', targetShape: [1] })
    expect(await evaluate(given, loss)).toBe(await evaluate(prices, (o, y) => loss(ops.flatten(o, 0), y)))
  })

  test('or binary cross-entropy', async () => {
    const labelled = data.dataset({ x, y: [0, 1, 1, 0] })
    await expect(evaluate(labelled, bce)).rejects.toThrow(
      `binaryCrossEntropyWithLogits: wanted a target of float32 [4, 1], got float32 [4]; ${advice}`,
    )
    await expect(evaluate(labelled, ops.binaryCrossEntropyWithLogits)).rejects.toThrow(
      `got int32 [4]; ${advice}; and use ops.cast(target, 'float32'), or make the data set with target: 'numbers'`,
    )
  })
})

describe('a target of another sort than the loss', () => {
  const classes = data.dataset({ x, y: [0, 1, 2, 1] })

  test('of numbers for cross-entropy is told mseLoss', async () => {
    const prices = data.dataset({ x, y: [1.5, 2, 3, 4] })
    const advice =
      "if it holds labels, make the data set with target: 'labels', or a stream with classes; for numbers to predict, use ops.mseLoss"
    await expect(evaluate(prices, (o, y) => ops.crossEntropy(ops.flatten(o, 0), y))).rejects.toThrow(
      `crossEntropy: wanted labels, or probabilities of two classes or more, got float32 [4]; ${advice}`,
    )
    await expect(evaluate(prices, ops.crossEntropy)).rejects.toThrow(
      `crossEntropy: wanted labels, or probabilities of two classes or more, got float32 [4]; ${advice}`,
    )
    await expect(evaluate(prices, ops.crossEntropy, 3)).rejects.toThrow(
      `crossEntropy: wanted a target of float32 [4, 3], got float32 [4]; ${advice}`,
    )
  })

  test.each(Object.entries({ mseLoss: ops.mseLoss, l1Loss: ops.l1Loss }))(
    'of classes for %s is told crossEntropy',
    async (name, loss) => {
      await expect(evaluate(classes, loss, 3)).rejects.toThrow(
        `${name}: wanted a target of float32 [4, 3], got int32 [4]; if it holds labels of classes, use ops.crossEntropy`,
      )
      const binary = data.dataset({ x, y: [0, 1, 1, 0] })
      await expect(evaluate(binary, loss)).rejects.toThrow(
        `${name}: wanted a target of float32 [4, 1], got int32 [4]; if it holds labels of classes, use ops.crossEntropy; otherwise give the data set targetShape: [1]`,
      )
    },
  )

  test('of a table names the option that the table has', async () => {
    const rows = Array.from({ length: 40 }, (_, i) => `${i / 3},${i % 20}`)
    const table = data.parseTable(['a,price', ...rows].join('\n'), 'a.csv', { label: 'price' })
    await expect(evaluate(data.split(table, { validation: 0.2 }).train, ops.mseLoss)).rejects.toThrow(
      "task: wanted a score for each of 20 classes, got [32, 1]; widen the last layer or, if y holds numbers to predict, give target: 'price' instead of label",
    )
  })
})

describe('labels in floats', () => {
  test.each([[[]], [[1]]])('of shape [n, ...%j] are told to be labels', async (targetShape) => {
    const floats = data.dataset({ x, y: Float32Array.of(0, 1, 2, 1), targetShape })
    await expect(evaluate(floats, ops.crossEntropy, 3)).rejects.toThrow(
      "if it holds labels, make the data set with target: 'labels', or a stream with classes",
    )
    const labelled = data.dataset({ x, y: Float32Array.of(0, 1, 2, 1), target: 'labels' })
    expect(await evaluate(labelled, ops.crossEntropy, 3)).toBeGreaterThan(0)
  })

  test('of a file of whole numbers are labels, in maps too', () => {
    const folder = tmpdir()
    const path = (name: string): string => join(folder, `evenstep-maps-${process.pid}-${name}.npy`)
    data.writeNpy(path('x'), { data: new Float32Array(8), shape: [2, 4] })
    data.writeNpy(path('y'), { data: Uint8Array.of(0, 1, 2, 1, 0, 0, 2, 2), shape: [2, 2, 2] })
    const read = data.npy(path('x'), path('y'), { classes: 3 })
    expect(read.y).toEqual({ data: Int32Array.of(0, 1, 2, 1, 0, 0, 2, 2), shape: [2, 2], dtype: 'int32' })
    expect(data.npy(path('x'), path('y'), { target: 'numbers' }).y.dtype).toBe('float32')
  })
})

test('x of the wrong element type is told which array to give', async () => {
  const whole = data.dataset({ x: Int32Array.of(1, 2), y: [0, 1] })
  await expect(evaluate(whole, ops.crossEntropy, 2)).rejects.toThrow(
    'wanted floats, got int32; use ops.cast first, or give x as a Float32Array',
  )
  expect(() => ops.embedding(input([4, 2]), input([1, 2]))).toThrow(
    'of int32 or int64, got float32; give x as an Int32Array, or use ops.cast',
  )
})
