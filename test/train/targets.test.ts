import { describe, expect, test } from 'vitest'
import { random } from '../../src/core/random.ts'
import type { Tensor } from '../../src/core/tensor.ts'
import * as data from '../../src/data/index.ts'
import * as nn from '../../src/nn/index.ts'
import * as ops from '../../src/ops/index.ts'
import { sgd } from '../../src/optim/index.ts'
import { type EpochEvent, type Evaluation, experiment, metrics, run, Task } from '../../src/train/index.ts'

// Targets of every form, from a data set to the metrics of an evaluation.

const source = random('targets')
const x = Float32Array.from({ length: 4 * 24 }, () => source.normal())
const labels = Int32Array.from({ length: 24 }, (_, i) => (x[4 * i]! > 0.4 ? 1 : x[4 * i + 1]! > 0 ? 2 : 0))
const labelled = data.dataset({ x, y: labels, shape: [4] })
const many = {
  accuracy: metrics.accuracy(),
  top2: metrics.topK({ k: 2 }),
  f1: metrics.f1(),
  auc: metrics.rocAuc(),
  confusion: metrics.confusionMatrix(),
  perplexity: metrics.perplexity(),
  precision: metrics.averagePrecision(),
  calibration: metrics.calibrationError(),
  mcc: metrics.mcc(),
  kappa: metrics.cohenKappa({ weights: 'quadratic' }),
}
type Changes = Partial<ConstructorParameters<typeof Task>[0]>

/** A task on `set` with the model of every other such task. */
const task = (set: data.Source, changes: Changes = {}): Task =>
  new Task({
    model: new nn.Sequential(new nn.Linear(4, 3)),
    loss: ops.crossEntropy,
    optimizer: sgd({ lr: 0.1 }),
    data: set,
    metrics: many,
    dtype: 'float64',
    ...changes,
  })
const evaluate = (set: data.Source, changes?: Changes, batchSize = 7): Promise<Evaluation> =>
  task(set, changes).evaluate(set, { batchSize })

/** An output of `[n, classes, positions]` from one of `[n, classes · positions]`. */
class Positions implements nn.Module {
  readonly fc: nn.Linear
  readonly shape: readonly number[]

  constructor(...shape: readonly number[]) {
    this.fc = new nn.Linear(
      4,
      shape.reduce((a, b) => a * b, 1),
    )
    this.shape = shape
  }

  forward(x: Tensor): Tensor {
    return ops.reshape(this.fc.forward(x), [x.shape[0]!, ...this.shape])
  }
}

/** Labels 0 to 2 of 5 positions each, or `ignored` at every other example. */
const mapped = (ignored?: number): data.Dataset =>
  data.dataset({
    x,
    y: Int32Array.from({ length: 24 * 5 }, (_, i) =>
      ignored !== undefined && i % 10 < 5 ? ignored : labels[(i * 7) % 24]!,
    ),
    shape: [4],
    targetShape: [5],
    classes: 3,
    ...(ignored !== undefined && { ignoreIndex: ignored }),
  })
const positions = (): Changes => ({ model: new Positions(3, 5), loss: ignoring(255) })
const ignoring =
  (ignoreIndex: number): ops.Loss =>
  (output, y) =>
    ops.crossEntropy(output, y, { ignoreIndex })

describe('one-hot targets are measured as labels are', () => {
  test('by every metric, and by the accuracy of the evaluation', async () => {
    const [one, other] = [await evaluate(labelled), await evaluate(data.oneHot(labelled))]
    expect(one.accuracy).toBeGreaterThan(0)
    expect(other.accuracy).toBeCloseTo(one.accuracy!, 12)
    expect(other.metrics).toEqual(one.metrics)
    expect(other.loss).toBeCloseTo(one.loss, 12)
  })

  test('when made by hand, if the loss takes them for probabilities', async () => {
    const { y } = data.oneHot(labelled)
    const byHand = data.dataset({ x, y: y.data as Float32Array, shape: [4], targetShape: [3] })
    expect((await evaluate(byHand)).accuracy).toBeCloseTo((await evaluate(labelled)).accuracy!, 12)
    const numbers = await evaluate(byHand, { loss: ops.mseLoss, metrics: { mae: metrics.mae() } })
    expect(numbers).not.toHaveProperty('accuracy')
  })

  test('and plain labels may validate training on mixed ones', async () => {
    const made = experiment({
      data: { train: data.oneHot(labelled), validation: labelled },
      transform: [data.mixup()],
      model: () => new nn.Linear(4, 3),
      loss: ops.crossEntropy,
      optimizer: sgd({ lr: 0.1 }),
      batchSize: 8,
      epochs: 1,
      metrics: { f1: metrics.f1() },
    })
    const [epoch] = await epochsOf(made)
    expect(epoch!.validationAccuracy).toBeCloseTo(epoch!.metrics!.f1 as number, 0)
    expect(epoch!.validationLoss).toBeGreaterThan(0)
  })
})

async function epochsOf(made: Parameters<typeof run>[0]): Promise<EpochEvent[]> {
  const epochs: EpochEvent[] = []
  for await (const event of run(made)) if (event.type === 'epoch') epochs.push(event)
  return epochs
}

describe('scores of [n, classes, positions]', () => {
  test('are read along axis 1, with and without shapes', async () => {
    const picture = {
      output: Float32Array.of(9, 9, 0, 0, /* class 1 */ 0, 0, 9, 9),
      target: Int32Array.of(0, 0, 1, 1),
      length: 1,
    }
    const shapes = { output: [1, 2, 2, 2], target: [1, 2, 2] }
    for (const predictions of [picture, { ...picture, shapes }]) {
      const of = (metric: metrics.Metric) => metric.result(metric.update(metric.initial, predictions))
      expect([of(metrics.accuracy()), of(metrics.f1())]).toEqual([1, 1])
      expect(of(metrics.confusionMatrix())).toEqual([
        [2, 0],
        [0, 2],
      ])
      expect(of(metrics.perplexity())).toBeCloseTo(1.0001234, 7)
    }
  })

  test('give the perplexity of the loss', async () => {
    const { loss, accuracy, metrics } = await evaluate(mapped(), positions())
    expect(metrics!.perplexity).toBeCloseTo(Math.exp(loss), 10)
    expect(metrics!.accuracy).toBeCloseTo(accuracy!, 12)
  })

  test('may be rearranged by the loss', async () => {
    const last: ops.Loss = (output, y) => ops.crossEntropy(ops.transpose(output, [0, 2, 1]), y)
    const flat: ops.Loss = (output, y) => ops.crossEntropy(ops.reshape(output, [-1, 3]), ops.reshape(y, [-1]))
    for (const loss of [last, flat]) {
      const found = await evaluate(mapped(), { model: new Positions(5, 3), loss })
      expect(found.metrics!.perplexity).toBeCloseTo(Math.exp(found.loss), 10)
      expect(found.metrics!.accuracy).toBeCloseTo(found.accuracy!, 12)
    }
  })
})

describe('ignored labels are not counted', () => {
  test.each([-100, 255])('%d: in metrics, accuracy and loss, at any batch size', async (ignored) => {
    const how = { ...positions(), loss: ignoring(ignored) }
    const whole = await evaluate(mapped(ignored), how, 24)
    const confusion = whole.metrics!.confusion as number[][]
    expect(confusion.flat().reduce((a, b) => a + b)).toBe(12 * 5)
    expect(whole.metrics!.accuracy).toBeCloseTo(whole.accuracy!, 12)
    for (const batchSize of [1, 7]) {
      const parts = await evaluate(mapped(ignored), { ...positions(), loss: ignoring(ignored) }, batchSize)
      expect(parts.loss).toBeCloseTo(whole.loss, 12)
      expect(parts.accuracy).toBeCloseTo(whole.accuracy!, 12)
      expect(parts.metrics!.confusion).toEqual(confusion)
    }
  })

  test('one label an example, where the loss names it', async () => {
    const y = labels.map((label, i) => (i < 12 ? -100 : label))
    const half = data.dataset({ x, y, shape: [4], ignoreIndex: -100 })
    const second = data.subset(
      labelled,
      Array.from({ length: 12 }, (_, i) => i + 12),
    )
    expect(half.classes).toBe(3)
    const found = await evaluate(half, { loss: ignoring(-100) })
    const wanted = await evaluate(second)
    expect(found.accuracy).toBeCloseTo(wanted.accuracy!, 12)
    expect(found.loss).toBeCloseTo(wanted.loss, 12)
    expect(data.classCounts(half)).toEqual(data.classCounts(second))
    expect(data.exampleWeights(half)[0]).toBe(0)
    expect(data.split(half, { validation: 0.5 }).train.length).toBe(12)
    expect(() => data.oneHot(half)).toThrow(
      'oneHot: wanted labels that count, got -100; drop such examples first',
    )
  })

  test('by a loss that ignores them too', async () => {
    await expect(evaluate(mapped(255), { ...positions(), loss: ops.crossEntropy })).rejects.toThrow(
      'task: wanted a loss that ignores the label 255, as the data do, got one that ignores none; give the loss ignoreIndex: 255',
    )
  })

  test('but others out of range are refused', () => {
    expect(() =>
      data.dataset({ x, y: labels.map((label, i) => (i === 3 ? -100 : label)), shape: [4] }),
    ).toThrow(
      'dataset: wanted labels from 0 to 2, got -100 at example 3; if it marks what does not count, give ignoreIndex: -100',
    )
  })
})

describe('one logit tells two classes apart', () => {
  const two = data.dataset({ x, y: labels.map((label) => Number(label > 0)), shape: [4] })
  const binary: ops.Loss = (output, y) =>
    ops.binaryCrossEntropyWithLogits(output, ops.reshape(ops.cast(y, output.dtype), output.shape))
  const bits = {
    accuracy: metrics.accuracy(),
    f1: metrics.f1({ average: 'binary' }),
    auc: metrics.rocAuc(),
    precision: metrics.averagePrecision(),
    calibration: metrics.calibrationError(),
  }

  test.each([[[1]], [[]]])('of shape [n, ...%j]', async (shape) => {
    const how = { model: new Positions(...shape), loss: binary, metrics: bits }
    const found = await evaluate(two, how)
    expect(found.metrics!.accuracy).toBeCloseTo(found.accuracy!, 12)
    expect(Object.values(found.metrics!).every((value) => (value as number) >= 0)).toBe(true)
    await task(two, how).step({ x, y: two.y.data, length: 24 })
  })

  test('also with floats of 0 and 1', async () => {
    const y = Float32Array.from(two.y.data, Number)
    const floats = data.dataset({ x, y, shape: [4], targetShape: [1], classes: 2 })
    const how = { model: new Positions(1), metrics: bits }
    const found = await evaluate(floats, { ...how, loss: ops.binaryCrossEntropyWithLogits })
    expect(found).toEqual(await evaluate(two, { ...how, loss: binary }))
  })

  test('but not for a loss that wants a score for each', async () => {
    await expect(evaluate(two, { model: new Positions(1) })).rejects.toThrow(
      'task: wanted a score for each of 2 classes, got [7, 1]; widen the last layer',
    )
    await expect(evaluate(labelled, { model: new Positions(1), loss: binary })).rejects.toThrow(
      'task: wanted a score for each of 3 classes, got [7, 1]; widen the last layer',
    )
  })
})

describe('several labels at once', () => {
  const y = Float32Array.from({ length: 24 * 3 }, (_, i) => Number((i * 5) % 7 < 3))
  const several = data.dataset({ x, y, shape: [4], targetShape: [3] })
  const loss = ops.binaryCrossEntropyWithLogits

  test('are measured for each label where that is asked', async () => {
    const asked = {
      f1: metrics.f1({ average: 'none', multilabel: true }),
      auc: metrics.rocAuc({ multilabel: true }),
      precision: metrics.averagePrecision({ multilabel: true }),
    }
    const found = await evaluate(several, { loss, metrics: asked })
    expect(found.metrics!.f1).toHaveLength(3)
    expect(found.metrics!.auc).toBeGreaterThan(0)
    expect(found.metrics!.precision).toBeGreaterThan(0)
    expect(found).not.toHaveProperty('accuracy')
  })

  test.each(['calibrationError', 'cohenKappa', 'mcc'] as const)('or refused by %s', async (name) => {
    await expect(evaluate(several, { loss, metrics: { [name]: metrics[name]() } })).rejects.toThrow(
      `${name}: wanted targets that sum to 1 over the classes`,
    )
  })

  test('and otherwise refused', async () => {
    await expect(evaluate(several, { loss, metrics: { f1: metrics.f1() } })).rejects.toThrow(
      /^f1: wanted targets that sum to 1 over the classes, as one-hot and soft targets do, got \[1,1,0\]; of several labels at once, measure precision, recall, f1, accuracy, rocAuc or averagePrecision with \{ multilabel: true \}$/,
    )
  })
})

test('classes of floats are checked', () => {
  const make = (y: readonly number[], targetShape: readonly number[], classes: number) => () =>
    data.dataset({ x: Float32Array.of(1, 2), y: Float32Array.from(y), targetShape, classes })
  expect(make([0, 0.5], [], 2)).toThrow(
    'dataset: wanted y of 0 or 1 for 2 classes, got 0.5; leave classes out if y holds other numbers',
  )
  expect(make([0, 1, 0, 1, 1, 0], [3], 3)).toThrow(
    'dataset: wanted y that sums to 1 over 3 classes, got 2 at example 1; leave classes out if y holds other numbers',
  )
  expect(make([0, 1, 0, 1], [2], 3)).toThrow(
    'dataset: wanted 3 numbers of y, one a class, got 2; leave classes out if y holds other numbers',
  )
})
