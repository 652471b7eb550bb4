// What it is to obey the doctor: its sentences, read as changes of the experiment. Where a sentence offers a
// choice, each of the things to choose from is a change of its own.
import { optim, schedule } from '../dist/index.js'

const numberIn = (text, pattern) => {
  const found = pattern.exec(text)
  return found && Number(found[1])
}

const curveOf = (lr) => (typeof lr === 'function' ? lr : schedule.constant(lr))

/** Number of optimizer steps of a run. */
export function stepsOf({ data, batchSize, epochs, lastBatch, accumulate }) {
  const perEpoch = data.train.length / (batchSize * (accumulate.steps ?? accumulate))
  return epochs * (lastBatch === 'keep' ? Math.ceil(perEpoch) : Math.floor(perEpoch))
}

const withOptimizer = (experiment, changes) => ({
  ...experiment,
  optimizer: experiment.optimizer.with(changes),
})

/** The experiment with another rate: `change` gets the schedule and the number of steps. */
const withRate = (experiment, change) =>
  withOptimizer(experiment, { lr: change(curveOf(experiment.optimizer.spec.lr), stepsOf(experiment)) })

const times = (factor) => (experiment) => withRate(experiment, (lr) => schedule.scaled(lr, { factor }))

/** Lets the rate fall linearly over the last fifth of the run, to `end` of what it would be. */
const fall =
  (end = 0) =>
  (experiment) =>
    withRate(experiment, (lr, steps) => {
      const start = Math.floor(0.8 * steps)
      const factor = (step) => (step < start ? 1 : 1 + ((end - 1) * (step + 1 - start)) / (steps - start))
      return schedule.lambda(1, (step) => lr(step) * factor(step))
    })

const warmup = (experiment) =>
  withRate(experiment, (lr, steps) => schedule.warmup(lr, { steps: Math.ceil(steps / 10), inside: true }))

const decay = (change) => (experiment) =>
  withOptimizer(experiment, { weightDecay: change(experiment.optimizer.spec.weightDecay ?? 0) })

const exempt = (experiment) => withOptimizer(experiment, { groups: optim.noDecayOnNormAndBias() })

const recalibrate = (experiment) => ({ ...experiment, recalibrateBeforeEvaluation: true })

const norm = (options) => (experiment) => ({
  ...experiment,
  normalization: { type: 'batch', ...options },
})

/** Removes biases, given by state name, from the model. */
const withoutBiases = (names) => (experiment) => ({
  ...experiment,
  model: () => {
    const model = experiment.model()
    for (const name of names) {
      const path = name.split('.')
      const field = path.pop()
      path.reduce((at, key) => at[key] ?? at.layers[key], model)[field] = undefined
    }
    return model
  },
})

/** Batches `factor` times as large, at rates that are as much higher. */
const batches =
  (factor, rate = 1) =>
  (experiment) => {
    const batchSize = Math.round(factor * experiment.batchSize)
    const scaled = { ...experiment, batchSize }
    return withRate(scaled, (lr) => schedule.lambda(1, (step) => rate * lr(Math.round(step * factor))))
  }

const optimizerOf = (make) => (experiment) => {
  const { type, ...options } = experiment.optimizer.spec
  return { ...experiment, optimizer: make(options) }
}

const readers = {
  D1: ({ advice }) => /smaller eps/.test(advice) && [['a smaller eps', norm({ eps: 1e-5 })]],
  D2: ({ advice }, experiment) =>
    /use weight decay/.test(advice) && [
      ['weight decay', decay((old) => Math.max(2 * old, 25 / stepsOf(experiment) / 10))],
    ],
  D3({ advice }) {
    const factor = numberIn(advice, /divide η·λ by ([\d.e+-]+)/)
    const end = numberIn(advice, /decay the rate to ([\d.e+-]+) % of its final value/)
    if (factor) return [['divide η·λ', decay((old) => old / factor)]]
    return end && [['decay the rate', fall(end / 100)]]
  },
  D4: readDecay,
  D5({ advice }) {
    const down = numberIn(advice, /divide its rate by ([\d.e+-]+)/)
    const up = numberIn(advice, /multiply its rate by ([\d.e+-]+)/)
    if (down) return [['divide the rate', times(1 / down)]]
    return up && [['multiply the rate', times(up)]]
  },
  D6({ advice }) {
    const peakLr = numberIn(advice, /; peakLr: ([\d.e+-]+) would/)
    return peakLr && [['peakLr', (experiment) => withOptimizer(experiment, { peakLr })]]
  },
  D7({ advice }) {
    if (/a smaller batch/.test(advice)) return [['half the batch', batches(0.5)]]
    return /larger batch|batch larger/.test(advice) && [['twice the batch and rate', batches(2, 2)]]
  },
  D8: ({ advice }) =>
    /remeasure them/.test(advice) && [
      ['remeasure', recalibrate],
      ['let the rate decay', fall()],
    ],
  D9: ({ advice }) => /remeasure them/.test(advice) && [['remeasure', recalibrate]],
  D11: () => [
    ['zeroDebias', norm({ zeroDebias: true })],
    ['remeasure', recalibrate],
  ],
  D12({ advice, values: { peak, suggestion, lowestLossAt } }) {
    if (/: lower it$/.test(advice)) return [['lower the rate', times(lowestLossAt / peak)]]
    return /higher one/.test(advice) && [['a higher rate', times(suggestion / peak)]]
  },
  D13({ advice }) {
    if (/warm it up/.test(advice)) return [['warm up', warmup]]
    return /decay it/.test(advice) && [['decay the rate', fall()]]
  },
  D14: ({ advice }) => /a lower rate lowers/.test(advice) && [['decay the rate', fall()]],
  D15({ advice }) {
    return /leave γ out/.test(advice) && [['exempt γ', exempt]]
  },
  D16: () => [['a lower rate', times(1 / 3)]],
  D17: ({ advice }) => /warm the rate up/.test(advice) && [['warm up', warmup]],
  D18: readBatches,
  D20: ({ advice }) => /lower λ/.test(advice) && [['lower λ', decay((old) => old / 10)]],
  'bias-before-norm': ({ names }) => [['without the bias', withoutBiases(names)]],
  'decay-on-vectors': () => [['exempt vectors', exempt]],
  accumulation: () => [
    [
      "batchNorm: 'exact'",
      (experiment) => ({
        ...experiment,
        accumulate: { steps: experiment.accumulate, batchNorm: 'exact' },
      }),
    ],
  ],
  'averaged-weights': () => [
    [
      'recalibrate',
      (experiment) =>
        withOptimizer(experiment, {
          average: { ...experiment.optimizer.spec.average, batchNorm: 'recalibrate' },
        }),
    ],
  ],
  'trust-on-vectors': () => [
    ['exempt vectors', (experiment) => withOptimizer(experiment, { groups: [{ maxRank: 1, adapt: false }] })],
  ],
  'penalty-in-adam': () => [['adamw', optimizerOf(optim.adamw)]],
  'fast-turning'({ advice }) {
    const factor = numberIn(advice, /divide η·λ by ([\d.e+-]+)/)
    const end = numberIn(advice, /decay the rate to ([\d.e+-]+) %/)
    if (factor) return [['divide η·λ', decay((old) => old / factor)]]
    return end && [['decay the rate', fall(end / 100)]]
  },
  'slow-decay': readDecay,
  'few-values': readBatches,
  'kept-first': () => [['zeroDebias', norm({ zeroDebias: true })]],
  'short-tail': () => [
    ['decay the rate', fall()],
    ['recalibrate', recalibrate],
  ],
  'stale-evaluation': () => [['recalibrate', recalibrate]],
  'stale-control': () => [['recalibrate', recalibrate]],
}

function readDecay({ advice }) {
  const factor = numberIn(advice, /multiply (?:λ|it) by ([\d.e+-]+)/)
  return (
    factor && [
      ['raise λ', decay((old) => factor * old)],
      ['set λ to 0', decay(() => 0)],
    ]
  )
}

function readBatches({ advice }, experiment) {
  const size = numberIn(advice, /batches of (\d+) or more/)
  if (size) return [['larger batches', batches(size / experiment.batchSize)]]
  return (
    /lastBatch: 'drop'/.test(advice) && [['drop the last batch', (one) => ({ ...one, lastBatch: 'drop' })]]
  )
}

/**
 * What a finding advises: a few words, and a function that changes an experiment so.
 *
 * @param models by rule: models built as the advice of that rule wants them
 */
export const changesOf = (finding, experiment, models = {}) => {
  const id = finding.id ?? finding.rule
  const model = models[id]
  if (model) return [{ words: 'another model', change: (one) => ({ ...one, model }) }]
  const names = /^BN cancels (.*), whose/.exec(finding.advice)?.[1].split(/, | and /)
  const read = readers[id]?.({ ...finding, names }, experiment) || []
  return read.map(([words, change]) => ({ words, change }))
}
