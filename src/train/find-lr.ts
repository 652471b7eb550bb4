import { ArgumentError } from '../core/errors.ts'
import { integer, number, type OptionsOf, present, readOptions } from '../core/options.ts'
import { unchanged } from '../core/snapshot.ts'
import { DivergedError } from './diverged.ts'
import { type Experiment, trainingBatches } from './experiment.ts'
import { Task, taskOption } from './task.ts'
import { taskOf } from './train.ts'

const options = {
  /** Learning rate of the first step. @default 1e-5 */
  from: number({ above: 0 }, 1e-5),
  /** Learning rate of the last step, > from. @default 10 */
  to: number({ above: 0 }, 10),
  /** Steps of the ramp. With BN, fewer than 500 suggest rates that are too high. @default 600 */
  steps: integer({ min: 20 }, 600),
  /** Task whose model is tested. @default a new task of the experiment */
  task: taskOption,
}

export interface FindLearningRateOptions extends OptionsOf<typeof options> {}

/** The curve of a range test, and the rates it suggests. */
export interface LearningRates {
  /** The rate of each step taken. */
  readonly lrs: readonly number[]
  /** The loss of each step, smoothed. */
  readonly losses: readonly number[]
  /** Where the smoothed loss falls fastest against the logarithm of the rate. */
  readonly steepest: number
  /** Half-way down the longest valley. */
  readonly valley: number
  /** A tenth of the rate at the lowest smoothed loss. */
  readonly minimumTenth: number
  /** The geometric mean of `valley` and `minimumTenth`: the one to start with. */
  readonly suggestion: number
}

/**
 * Makes a learning-rate range test: trains at a rate that rises exponentially from step to step, to see where
 * the loss falls and where it breaks.
 *
 *     lr(k) = from · (to/from)^(k/(steps − 1))
 *
 * It stops when the smoothed loss is above four times its best, or not finite. Do not train at the rate where
 * it stops: with batch normalization, that lies 5 to 13 times above the highest stable one.
 *
 * Afterwards the model, its statistics, its optimizer and the order of the data are as before, to the bit: the
 * ramp has its own optimizer, and every array is put back. A parameter group keeps its options, and the ratio
 * of its rate to the common one where both are numbers; a group with its own schedule follows the ramp.
 *
 * Source: Smith 2017, https://arxiv.org/abs/1506.01186, section 3.3; suggestions as fastai's `lr_find`.
 *
 * @throws {ArgumentError} when an option is out of range, or the loss broke before a curve could be seen.
 */
export async function findLearningRate(
  experiment: Experiment,
  given: FindLearningRateOptions = {},
): Promise<LearningRates> {
  const { from, to, steps, task = taskOf(experiment) } = readOptions('find-lr', options, given)
  if (to <= from) throw new ArgumentError(`find-lr: wanted from < to, got from ${from} and to ${to}`)
  const rate = (step: number): number => from * (to / from) ** (step / (steps - 1))
  const losses = await unchanged(task.variables.values(), () => ramp(experiment, task, rate, steps))
  return { ...curve(losses, rate), ...suggest(smooth(losses), rate) }
}

/** Returns the loss of each step, until it breaks or the ramp ends. */
async function ramp(
  experiment: Experiment,
  { model }: Task,
  rate: (step: number) => number,
  steps: number,
): Promise<number[]> {
  const { data, batchSize, loss, dtype, device, threads, optimizer } = experiment
  const { groups = [], lr } = optimizer.spec as { readonly groups?: readonly Group[]; readonly lr: unknown }
  const shared = present({ model, loss, data: data.train, dtype, device, threads })
  const ramped = optimizer.with({ groups: groups.map((group) => onRamp(group, lr, rate)), lr: rate })
  const task = new Task({ ...shared, optimizer: ramped })
  const batches = trainingBatches(experiment, batchSize, 'drop')
  const losses: number[] = []
  const average = smoother()
  let best = Number.POSITIVE_INFINITY
  for (let epoch = 0; losses.length < steps; epoch++) {
    for await (const batch of batches.batches(epoch)) {
      const lost = await task.step(batch).catch(broken)
      if (lost === undefined) return losses
      losses.push(lost)
      const smoothed = average(lost)
      best = Math.min(best, smoothed)
      if (smoothed > 4 * best || losses.length === steps) return losses
    }
  }
  return losses
}

type Group = Readonly<Record<string, unknown>>

/** Puts a group on the ramp: a constant rate keeps its ratio to the common one, a schedule is replaced. */
function onRamp({ lr, ...own }: Group, common: unknown, rate: (step: number) => number): Group {
  if (typeof lr !== 'number' || typeof common !== 'number' || common === 0) return own
  return { ...own, lr: (step: number) => rate(step) * (lr / common) }
}

function broken(error: unknown): undefined {
  if (!(error instanceof DivergedError)) throw error
}

/** An exponential mean with decay 0.98, corrected for the bias of its start. */
function smoother(): (loss: number) => number {
  let [mean, weight] = [0, 0]
  return (loss) => {
    mean = 0.98 * mean + 0.02 * loss
    weight = 0.98 * weight + 0.02
    return mean / weight
  }
}

const smooth = (losses: readonly number[]): number[] => losses.map(smoother())

const curve = (
  losses: readonly number[],
  rate: (step: number) => number,
): Pick<LearningRates, 'lrs' | 'losses'> => ({
  lrs: losses.map((_, step) => rate(step)),
  losses: smooth(losses),
})

type Suggestions = Pick<LearningRates, 'steepest' | 'valley' | 'minimumTenth' | 'suggestion'>

/** Suggests rates, without the first tenth of the curve, which settles, and the last 5 steps, which break. */
function suggest(smoothed: readonly number[], rate: (step: number) => number): Suggestions {
  const first = Math.floor(smoothed.length / 10)
  const seen = smoothed.slice(first, -5)
  if (seen.length < 10) {
    throw new ArgumentError(
      `find-lr: wanted a curve of 10 steps or more, got ${seen.length} before the loss broke; begin at a lower rate`,
    )
  }
  const at = (index: number): number => rate(first + index)
  const valley = at(valleyOf(seen))
  const minimumTenth = at(indexOfLeast(seen)) / 10
  const slopes = seen.map((_, i) => (seen[Math.min(i + 1, seen.length - 1)]! - seen[Math.max(i - 1, 0)]!) / 2)
  return {
    steepest: at(indexOfLeast(slopes)),
    valley,
    minimumTenth,
    suggestion: Math.sqrt(valley * minimumTenth),
  }
}

const indexOfLeast = (values: readonly number[]): number => values.indexOf(Math.min(...values))

/** Half-way down the longest series of falling losses, which need not be adjacent. */
function valleyOf(losses: readonly number[]): number {
  const lengths = losses.map(() => 1)
  for (let i = 1; i < losses.length; i++) {
    for (let j = 0; j < i; j++) {
      if (losses[i]! < losses[j]!) lengths[i] = Math.max(lengths[i]!, lengths[j]! + 1)
    }
  }
  const end = lengths.indexOf(Math.max(...lengths))
  const start = Math.max(0, end - lengths[end]!)
  const third = (end - start) / 3
  return start + Math.floor(third) + Math.floor(third / 2)
}
