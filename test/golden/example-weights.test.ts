import { describe, expect, test } from 'vitest'
import { dataset } from '../../src/data/index.ts'
import * as nn from '../../src/nn/index.ts'
import * as ops from '../../src/ops/index.ts'
import { sgd } from '../../src/optim/index.ts'
import { type Experiment, experiment, run, taskOf } from '../../src/train/index.ts'
import type { Metric, MetricValue, Predictions } from '../../src/train/metrics/index.ts'
import * as metrics from '../../src/train/metrics/index.ts'
import { difference, golden } from '../support/golden.ts'

type Rows = readonly (readonly number[])[]
interface Trained {
  readonly y: readonly number[] | Rows
  readonly steps: readonly number[]
  readonly weights: Readonly<Record<string, readonly number[] | Rows>>
  readonly loss: number
}
interface Measured {
  readonly y: readonly number[] | Rows
  readonly scores: Rows
  readonly weights: readonly number[]
  readonly metrics: Readonly<Record<string, number | readonly number[] | Rows>>
}

const { x, w, start, balance, losses, classified, regressed } = golden<{
  readonly x: Rows
  readonly w: readonly number[]
  readonly start: Readonly<Record<string, readonly [Rows, readonly number[]]>>
  readonly balance: readonly number[]
  readonly losses: Readonly<Record<string, Trained>>
  readonly classified: readonly Measured[]
  readonly regressed: readonly Measured[]
}>('example-weights')

const net = () => new nn.Sequential(new nn.Linear(4, 5), new nn.Tanh(), new nn.Linear(5, 3))
/** Each loss as one writes it for examples without weights. */
const made: Readonly<Record<string, (model: nn.Module) => ops.Loss>> = {
  crossEntropy: () => ops.crossEntropy,
  balanced: () => (o, y) => ops.crossEntropy(o, y, { weight: balance }),
  ignoring: () => (o, y) => ops.crossEntropy(o, y, { ignoreIndex: -100 }),
  smoothed: () => (o, y) => ops.crossEntropy(o, y, { labelSmoothing: 0.1 }),
  mse: () => ops.mseLoss,
  huber: () => (o, y) => ops.huberLoss(o, y, { delta: 0.5 }),
  sum: () => (o, y) => ops.mul(ops.mseLoss(o, y, { reduction: 'sum' }), 0.05),
  bce: () => ops.binaryCrossEntropyWithLogits,
  penalized: (model) => (o, y) => {
    const { weight } = (model as unknown as { readonly 0: nn.Linear })[0]
    return ops.add(ops.crossEntropy(o, y), ops.mul(ops.sum(ops.square(weight.value)), 0.1))
  },
}

const whole = { count: 21, order: () => Int32Array.from({ length: 21 }, (_, i) => i) }

function setup(name: string, { y }: Trained, accumulate: number): Experiment {
  const isLabels = typeof y[0] === 'number'
  const all = dataset({
    x: Float64Array.from(x.flat()),
    y: isLabels ? Int32Array.from(y as number[]) : Float64Array.from(y.flat()),
    weights: Float64Array.from(w),
    shape: [4],
    ...(isLabels ? { classes: 3 } : { targetShape: [3] }),
    ...(name === 'ignoring' && { ignoreIndex: -100 }),
  })
  const model = net()
  return experiment({
    data: { train: all, validation: all },
    model: () => model,
    loss: made[name]!(model),
    optimizer: sgd({ lr: 0.1, momentum: 0.9 }),
    batchSize: 8 / accumulate,
    accumulate,
    sampler: whole,
    lastBatch: 'keep',
    epochs: 3,
    dtype: 'float64',
  })
}

describe.each(Object.entries(losses))('%s of examples with weights is that of PyTorch', (name, wanted) => {
  test.each(['ignoring', 'sum', 'penalized'].includes(name) ? [1, 4] : [1])(
    'with %i micro-batches a step',
    async (accumulate) => {
      const experiment = setup(name, wanted, accumulate)
      const task = taskOf(experiment)
      for (const [place, [weight, bias]] of Object.entries(start)) {
        task.variables.get(`${place}.weight`)!.data = Float64Array.from(weight.flat())
        task.variables.get(`${place}.bias`)!.data = Float64Array.from(bias)
      }
      const steps: number[] = []
      for await (const event of run(experiment, { task }))
        if (event.type === 'steps') steps.push(...Array.from(event.losses))
      expect(difference(steps, wanted.steps)).toBeLessThan(1e-12)
      for (const [key, values] of Object.entries(wanted.weights))
        expect(difference(task.variables.get(key)!.data, values.flat())).toBeLessThan(1e-12)
      if (accumulate > 1) return
      for (const batchSize of name === 'penalized' ? [21] : [1, 8]) {
        const { loss } = await task.evaluate(experiment.data.validation, { batchSize })
        expect(loss).toBeCloseTo(wanted.loss, 12)
      }
    },
  )
})

/** The metric of all examples, in batches of 7. */
function measure(metric: Metric, { output, target, length, weights }: Predictions): MetricValue {
  let state = metric.initial
  for (let i = 0; i < length; i += 7) {
    const n = Math.min(7, length - i)
    const part = <T extends { readonly length: number; slice(from: number, to: number): T }>(data: T) =>
      data.slice((i * data.length) / length, ((i + n) * data.length) / length)
    const own = { weights: part(weights as Float64Array) }
    state = metric.update(state, { output: part(output), target: part(target), length: n, ...own })
  }
  return metric.result(state)
}

/** Options by the name of a metric of the golden numbers, such as `f1 macro`. */
function metricOf(name: string): Metric {
  const [type, option = ''] = name.split(' ')
  const options: Readonly<Record<string, object>> = {
    calibrationError: { norm: option },
    cohenKappa: { weights: option },
    confusionMatrix: { normalize: { None: 'none', pred: 'predicted' }[option] ?? option },
    topK: { k: 2 },
  }
  const average = option === '' ? {} : { average: option }
  return metrics.parse({ one: { type, ...(options[type!] ?? average) } }).one!
}

test.each([
  ...classified.map((one, i) => [`of classes ${i}`, one] as const),
  ...regressed.map((one, i) => [`of numbers ${i}`, one] as const),
])(
  'metrics %s count examples by their weights, as scikit-learn and NumPy do',
  (_, { y, scores, weights, ...golden }) => {
    const isLabels = typeof y[0] === 'number'
    const predictions = {
      output: Float64Array.from(scores.flat()),
      target: isLabels ? Int32Array.from(y as number[]) : Float64Array.from(y.flat()),
      length: y.length,
      weights: Float64Array.from(weights),
    }
    for (const [name, wanted] of Object.entries(golden.metrics)) {
      const got = measure(metricOf(name), predictions)
      expect(difference([got].flat(2), [wanted].flat(2)), name).toBeLessThan(1e-12)
    }
  },
)
