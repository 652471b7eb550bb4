/** An experiment or a study that attacks disturb. Undisturbed it takes a second or two. */
export interface Subject {
  readonly name: string
  /** Name of its file. */
  readonly file: string
  /** Content of each file, by name. */
  readonly files: Readonly<Record<string, string>>
}

const subject = (file: string, text: string, more: Readonly<Record<string, string>> = {}): Subject => ({
  name: file.replace(/\.\w+$/, ''),
  file,
  files: { [file]: text, ...more },
})

const head = `
import { data, nn, ops, optim, schedule, study, train } from 'evenstep'
const source = (n: number) => {
  const y = Int32Array.from({ length: n }, (_, i) => (i * 7) % 3)
  const x = Float32Array.from({ length: 40 * n }, (_, i) => Math.sin(i * i) + y[Math.floor(i / 40)]!)
  return data.dataset({ x, y, classes: 3 })
}
`

/** An experiment on made-up data in memory. @param options lines of the experiment, which overrule the others */
const experiment = (options: string): string => `${head}
export default train.experiment({
  data: { train: source(2000), validation: source(200) },
  model: () =>
    new nn.Sequential(new nn.Linear(40, 64), new nn.ReLU(), new nn.BatchNorm1d(64), new nn.Linear(64, 3)),
  loss: ops.crossEntropy,
  batchSize: 16,
  epochs: 24,
  threads: 1,
  checkpoints: { everySteps: 20 },
  ${options}
})
`

const batchNorm = subject(
  'batch-norm.ts',
  experiment(`
  optimizer: optim.sgd({ lr: schedule.cosineAnnealing(0.05, { tMax: 3000 }), momentum: 0.9 }),
  lastBatch: 'keep',
  control: [schedule.reduceOnPlateau({ patience: 2 })],`),
)

const averaged = subject(
  'averaged.ts',
  experiment(`
  model: () =>
    new nn.Sequential(new nn.Linear(40, 32), new nn.BatchNorm1d(32), new nn.ReLU(), new nn.Dropout(0.2), new nn.Linear(32, 3)),
  optimizer: optim.adamw({ lr: 0.01, average: { type: 'ema', decay: 0.99 } }),
  checkpoints: { everySteps: 7, keep: 3 },`),
)

const accumulated = subject(
  'accumulated.ts',
  experiment(`
  optimizer: optim.adam({ lr: 'warmup 5% + cosine 0.02 to 0' }),
  accumulate: 3,
  checkpoints: { everySteps: 11, keep: 1 },`),
)

const stopping = subject(
  'stopping.ts',
  experiment(`
  optimizer: optim.sgd({ lr: 0.05, momentum: 0.9 }),
  epochs: 400,
  control: [schedule.reduceOnPlateau({ patience: 2 }), schedule.earlyStopping({ patience: 12 })],`),
)

const rows = Array.from({ length: 1500 }, (_, i) =>
  [...Array(8).keys()].map((j) => (Math.sin(i * 8 + j) + (i % 3)).toFixed(4)).join(','),
)
const table = `${[...Array(8).keys()].map((j) => `x${j}`).join(',')},kind\n${rows.map((row, i) => `${row},k${i % 3}\n`).join('')}`

const streamed = subject(
  'streamed.ts',
  experiment(`
  data: (() => {
    const path = new URL('rows.csv', import.meta.url).pathname
    const rows = data.csvStream(path, { label: 'kind', classNames: ['k0', 'k1', 'k2'] })
    return { train: rows, validation: rows }
  })(),
  model: () => new nn.Sequential(new nn.Linear(8, 16), new nn.BatchNorm1d(16), new nn.ReLU(), new nn.Linear(16, 3)),
  optimizer: optim.adamw({ lr: 0.01 }),
  epochs: 12,
  checkpoints: { everySteps: 9 },`),
  { 'rows.csv': table },
)

const network = {
  data: 'digits10x10',
  model: [['Linear', 100, 32], ['ReLU'], ['BatchNorm1d', 32], ['Linear', 32, 10]],
  loss: 'crossEntropy',
  optimizer: { type: 'sgd', lr: 'cosine 0.1 to 0', momentum: 0.9 },
  batchSize: 64,
}

export const digits = subject(
  'digits.json',
  JSON.stringify({ ...network, epochs: 4, checkpoints: { everySteps: 25 }, threads: 1 }),
)

/** Experiments, the one that starts fastest first. */
/** Experiments whose data are in memory, as `evenstep doctor` needs them. */
export const inMemory: readonly Subject[] = [digits, batchNorm, averaged, accumulated, stopping]

export const experiments: readonly Subject[] = [...inMemory, streamed]

/** A study of a small network whose rates range from small ones to ones that diverge. */
const studyText = (options: string): string => `${head}
export default study.define({
  experiment: train.experiment({
    data: { train: source(640), validation: source(64) },
    model: () =>
      new nn.Sequential(new nn.Linear(40, 16), new nn.ReLU(), new nn.BatchNorm1d(16), new nn.Linear(16, 3)),
    loss: ops.crossEntropy,
    optimizer: optim.sgd({ lr: 0.1, momentum: 0.9, weightDecay: 1e-3 }),
    batchSize: 8,
    epochs: 4,
  }),
  ${options}
})
`

export const grid = subject(
  'grid.ts',
  studyText(`factors: { normalization: ['none', 'batch'], lr: [0.01, 0.1, 1, 1e4] }, seeds: 3,`),
)
const chosen = subject(
  'chosen.ts',
  studyText(`factors: { lr: { from: 1e-3, to: 10 } }, design: { type: 'tpe', trials: 20 }, seeds: 1,`),
)
const racing = subject(
  'racing.json',
  JSON.stringify({
    experiment: { ...network, epochs: 1 },
    steps: 450,
    factors: { lr: [0.01, 0.03, 0.1, 0.3, 1, 1e30], schedule: ['constant', 'cosine'] },
    design: { type: 'racing' },
    seeds: 1,
  }),
)

/** A study for workers of a database: its trials take long enough to be killed in the middle of one. */
export const shared = subject(
  'shared.ts',
  studyText(
    `factors: { normalization: ['none', 'batch'], lr: [0.01, 0.1, 1, 1e4] }, seeds: 3, steps: 2500, name: 'shared',`,
  ),
)

/** As `shared`, with a few trials. */
export const few = subject(
  'few.ts',
  studyText(
    `factors: { normalization: ['none', 'batch'], lr: [0.01, 0.1] }, seeds: 2, steps: 5000, name: 'few',`,
  ),
)

/** Studies for workers of a database. */
export const sharedStudies: readonly Subject[] = [shared, few]

export const studies: readonly Subject[] = [grid, chosen, racing]
