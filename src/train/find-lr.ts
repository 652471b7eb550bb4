import { ArgumentError } from '../core/errors.ts'
import { integer, number, type OptionsOf, present, readOptions } from '../core/options.ts'
import { unchanged } from '../core/snapshot.ts'
import { DivergedError } from './diverged.ts'
import { type Experiment, trainingBatches } from './experiment.ts'
import { optimizerFor } from './run-optimizer.ts'
import { Task, taskOption } from './task.ts'
import { taskOf } from './train.ts'

const options = {
  /** Learning rate of the first step. @default 1e-5 */
  from: number({ above: 0 }, 1e-5),
  /** Learning rate of the last step; greater than `from`. @default 10 */
  to: number({ above: 0 }, 10),
  /** Number of steps; below 500, suggestions for models with batch normalization are too high. @default 600 */
  steps: integer({ min: 20 }, 600),
  /** Task whose model the test trains and then restores. @default a new task of the experiment */
  task: taskOption,
}

export interface FindLearningRateOptions extends OptionsOf<typeof options> {}

/** Result of a learning-rate range test: the loss at each learning rate, and suggested learning rates. */
export interface LearningRates {
  /** Learning rate of each step that the test took. */
  readonly lrs: readonly number[]
  /** Loss of each step that the test took, smoothed by an exponential moving average. */
  readonly losses: readonly number[]
  /** Learning rate at which the smoothed loss, as a function of log(rate), falls fastest. */
  readonly steepest: number
  /** Learning rate in the middle of the longest decreasing subsequence of smoothed losses. */
  readonly valley: number
  /** One tenth of the learning rate at which the smoothed loss is lowest. */
  readonly minimumTenth: number
  /** Suggested learning rate: the geometric mean of `valley` and `minimumTenth`. */
  readonly suggestion: number
}

/**
 * Runs a learning-rate range test: trains at an exponentially increasing rate, to find where the loss falls and
 * where it diverges.
 *
 *     lr(k) = from · (to/from)^(k/(steps − 1))        at step k, from 0
 *
 * The test stops when the smoothed loss exceeds four times its minimum or is not finite. Do not train at the
 * rate where it stops: with batch normalization, this is 5 to 13 times the highest stable rate.
 *
 * The test has its own optimizer and restores every variable, so the model, its statistics, its optimizer and
 * the order of the data are the same afterwards, bit for bit. A parameter group keeps its options. Its learning
 * rate stays in proportion to the optimizer's rate if both are numbers; if either is a schedule, the group
 * trains at the test's rate.
 *
 * Source: Smith 2017, https://arxiv.org/abs/1506.01186, section 3.3; suggestions as in fastai's `lr_find`.
 *
 * @throws {ArgumentError} when an option is out of range, or the loss diverged in too few steps for a curve.
 */
export async function findLearningRate(
  experiment: Experiment,
  given: FindLearningRateOptions = {},
): Promise<LearningRates> {
  const { from, to, steps, task = taskOf(experiment) } = readOptions('find-lr', options, given)
  if (to <= from) throw new ArgumentError(`find-lr: wanted from < to, got from ${from} and to ${to}`)
  const rate = (step: number): number => from * (to / from) ** (step / (steps - 1))
  const losses = await unchanged(task.variables.values(), () => ramp(experiment, task, rate, steps))
  const smoothed = losses.map(smoother())
  return { lrs: losses.map((_, step) => rate(step)), losses: smoothed, ...suggest(smoothed, rate) }
}

/** Trains at the rate `rate(step)`. Returns the loss of each step, up to `steps` or until the loss diverges. */
async function ramp(
  experiment: Experiment,
  { model }: Task,
  rate: (step: number) => number,
  steps: number,
): Promise<number[]> {
  const { data, batchSize, loss, dtype, device, threads } = experiment
  const optimizer = optimizerFor(experiment, model)
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

/** Returns a parameter group's options for the test; scales `rate` by lr/common if both are numbers. */
function onRamp({ lr, ...own }: Group, common: unknown, rate: (step: number) => number): Group {
  if (typeof lr !== 'number' || typeof common !== 'number' || common === 0) return own
  return { ...own, lr: (step: number) => rate(step) * (lr / common) }
}

function broken(error: unknown): undefined {
  if (!(error instanceof DivergedError)) throw error
}

/** Returns a function that takes the next loss and returns the bias-corrected moving average, decay 0.98. */
function smoother(): (loss: number) => number {
  let [mean, weight] = [0, 0]
  return (loss) => {
    mean = 0.98 * mean + 0.02 * loss
    weight = 0.98 * weight + 0.02
    return mean / weight
  }
}

/** Suggests learning rates from smoothed losses, ignoring the noisy first tenth and diverging last 5 steps. */
function suggest(
  smoothed: readonly number[],
  rate: (step: number) => number,
): Omit<LearningRates, 'lrs' | 'losses'> {
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

/** Returns the index in the middle of the longest decreasing subsequence of losses. */
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
