import { type data, ops, optim, random, schedule, train } from 'evenstep'
import type { Cell, Norm, Parts, Schedule } from './cell.ts'

/** What decides a run, besides its cell. */
export interface Plan {
  readonly norm: Norm
  readonly schedule: Schedule
  readonly lr: number
  readonly steps: number
  /** Decides the parts, the initial weights and the order of the examples. */
  readonly seed: number
  /** @default 0 */
  readonly weightDecay?: number
}

/** What came out. All but `diverged` are absent from a run that diverged. */
export interface Outcome {
  readonly diverged: boolean
  /** The message of an error other than divergence. */
  readonly failed?: string
  readonly validationLoss?: number
  readonly test?: Measured
  /** How often the rate was lowered, by reduce-on-plateau. */
  readonly drops?: number
}

/** The final model on the test part. */
export interface Measured {
  readonly loss: number
  readonly accuracy: number
  /** By class: the share of its examples that is found, and the share of those found that is right. */
  readonly sensitivity?: readonly number[]
  readonly precision?: readonly number[]
  /** Mean loss of each group. */
  readonly groups?: Readonly<Record<string, number>>
}

/** The share of a run over which the rate rises from 0 in every arm; one-cycle has its own rise. */
const rise = '5%'
/** How many times reduce-on-plateau measures in a run. */
const measures = 50

/** What follows the rise, over the rest of a run: most decay to 0. */
const rates = {
  constant: (lr) => schedule.constant(lr),
  plateau: (lr) => schedule.constant(lr),
  linear: (lr) => schedule.linear(lr, { startFactor: 1, endFactor: 0, totalIters: '95%' }),
  cosine: (lr) => schedule.cosineAnnealing(lr, { tMax: '95%' }),
  wsd: (lr) => schedule.warmupStableDecay(lr, { stableSteps: '75%', decaySteps: '20%' }),
  step: (lr) => schedule.multiStep(lr, { milestones: ['45%', '70%'] }),
  rex: (lr) => schedule.rex(lr, { totalSteps: '95%' }),
} as const satisfies Readonly<Record<Exclude<Schedule, 'oneCycle'>, (lr: number) => schedule.Schedule>>

const rateOf = (name: Schedule, lr: number): schedule.Schedule =>
  name === 'oneCycle'
    ? schedule.oneCycle(lr, { totalSteps: '100%' })
    : schedule.warmup(rates[name](lr), { steps: rise })

const optimizerOf = (cell: Cell, plan: Plan): optim.Optimizer => {
  const { weightDecay = 0 } = plan
  const shared = { lr: rateOf(plan.schedule, plan.lr), weightDecay, groups: optim.noDecayOnNormAndBias() }
  return cell.optimizer === 'sgd' ? optim.sgd({ ...shared, momentum: 0.9 }) : optim.adamw(shared)
}

const lossOf = ({ classWeights }: Cell): ops.Loss =>
  classWeights
    ? (output, target) => ops.crossEntropy(output, target, { weight: classWeights })
    : ops.crossEntropy

/** Passes over the examples, each in its own order, cut into pieces of `count` examples: one piece an epoch. */
export function pieces(count: number): data.Sampler {
  const orders = new Map<number, Int32Array>()
  const orderOf = (length: number, seed: number, pass: number): Int32Array => {
    if (!orders.has(pass)) orders.set(pass, random(seed, 'pass', pass).permutation(length))
    return orders.get(pass)!
  }
  const order = ({ length }: data.Dataset, seed: number, epoch: number): Int32Array =>
    Int32Array.from({ length: count }, (_, i) => {
      const at = epoch * count + i
      return orderOf(length, seed, Math.floor(at / length))[at % length]!
    })
  return { count, order }
}

/** Trains one run of a cell. A run that diverges is a result; other errors are thrown. */
export async function learn(cell: Cell, plan: Plan, parts: Parts, test: boolean): Promise<Outcome> {
  const watches = plan.schedule === 'plateau'
  const { train: known, validation } = parts
  const experiment = train.experiment({
    data: { train: known, validation },
    model: () => cell.model(plan.norm),
    normalization: plan.norm === 'skipInit' || plan.norm === 'standardized' ? 'none' : plan.norm,
    loss: lossOf(cell),
    metrics: parts.testGroups
      ? { confusion: train.metrics.confusionMatrix(), losses: exampleLosses(cell) }
      : {},
    optimizer: optimizerOf(cell, plan),
    batchSize: cell.batchSize,
    steps: plan.steps,
    sampler: pieces((cell.batchSize * plan.steps) / (watches ? measures : 1)),
    control: watches ? [schedule.reduceOnPlateau({ patience: 3 })] : [],
    seed: plan.seed,
    threads: 1,
  })
  const task = train.taskOf(experiment)
  try {
    let [validationLoss, drops, factor] = [Number.NaN, 0, 1]
    for await (const event of train.run(experiment, { task })) {
      if (event.type === 'steps' && Array.from(event.losses).some((loss) => loss > 1e3))
        return { diverged: true }
      if (event.type !== 'epoch') continue
      validationLoss = event.validationLoss
      if ((event.lrFactor ?? 1) < factor) drops++
      factor = event.lrFactor ?? 1
    }
    const outcome = { diverged: false, validationLoss, ...(watches && { drops }) }
    return test ? { ...outcome, test: await measured(task, parts) } : outcome
  } catch (error) {
    if (error instanceof train.DivergedError) return { diverged: true }
    throw error
  }
}

/** Measures a task's model on the test part, and on each of its groups. */
async function measured(task: train.Task, { test, testGroups }: Parts): Promise<Measured> {
  const { loss, accuracy, metrics } = await task.evaluate(test, { batchSize: 250 })
  const matrix = metrics?.confusion as readonly (readonly number[])[] | undefined
  return {
    loss,
    accuracy: accuracy!,
    ...(matrix && shares(matrix)),
    ...(testGroups && { groups: means(metrics!.losses as readonly number[], testGroups) }),
  }
}

/** Sensitivity and precision of each class, from the counts of predictions (columns) by label (rows). */
function shares(matrix: readonly (readonly number[])[]): Pick<Measured, 'sensitivity' | 'precision'> {
  const sum = (row: readonly number[]): number => row.reduce((a, b) => a + b, 0)
  return {
    sensitivity: matrix.map((row, i) => row[i]! / sum(row)),
    precision: matrix.map((row, i) => row[i]! / Math.max(1, sum(matrix.map((other) => other[i]!)))),
  }
}

/** The loss of each example, in order, times the weight of its class. */
const exampleLosses = ({ classWeights }: Cell): train.metrics.Metric<readonly number[]> => ({
  spec: { type: 'exampleLosses' },
  initial: [],
  update(known, { output, target, length }) {
    const classes = output.length / length
    const losses = Array.from({ length }, (_, i) => {
      const scores = Array.from(output.slice(i * classes, (i + 1) * classes), Number)
      const most = Math.max(...scores)
      const sum = scores.reduce((total, score) => total + Math.exp(score - most), 0)
      const label = Number(target[i])
      return (classWeights?.[label] ?? 1) * (most + Math.log(sum) - scores[label]!)
    })
    return [...known, ...losses]
  },
  result: (losses) => losses,
})

/** The mean loss of each group. */
function means(losses: readonly number[], groups: ArrayLike<number>): Readonly<Record<string, number>> {
  const sums = new Map<number, { sum: number; count: number }>()
  for (const [i, loss] of losses.entries()) {
    const { sum, count } = sums.get(groups[i]!) ?? { sum: 0, count: 0 }
    sums.set(groups[i]!, { sum: sum + loss, count: count + 1 })
  }
  return Object.fromEntries([...sums].map(([group, { sum, count }]) => [group, sum / count]))
}
