import { type AbortSignalLike, abortSignal, untilAborted } from '../core/abort.ts'
import { ArgumentError } from '../core/errors.ts'
import { eachApart, exclusively } from '../core/exclusive.ts'
import { integer, number, type OptionsOf, present, readOptions } from '../core/options.ts'
import { unchanged } from '../core/snapshot.ts'
import { DivergedError } from './diverged.ts'
import { checkExperiment, type Experiment, trainingBatches } from './experiment.ts'
import { isFlatBeside, seemsFlat } from './flat.ts'
import { checkLastBatch } from './last-batch.ts'
import { examplesPerStep, runLength } from './length.ts'
import { optimizerFor } from './run-optimizer.ts'
import { Task } from './task.ts'
import { taskOption } from './task-option.ts'
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
  /** Abort signal that stops the test between two steps; the model is left unchanged. */
  signal: abortSignal(),
}

export interface FindLearningRateOptions extends OptionsOf<typeof options> {}

/** Result of a learning-rate range test: the loss at each learning rate, and suggested learning rates. */
export interface LearningRates {
  /** Learning rate of each step that the test took. */
  readonly lrs: readonly number[]
  /** Loss of each step that the test took, smoothed by an exponential moving average. */
  readonly losses: readonly number[]
  /**
   * Whether the loss falls at no learning rate by more than chance explains. A fall counts in either of two cases:
   * the smoothed loss falls by three standard errors, given how losses vary between batches; or, over a sixth of the
   * steps, the loss is below the loss of the same batches at the initial weights by both four standard errors and a
   * twentieth of the standard deviation between batches. If flat, no rate is suggested, and the fields below are
   * absent.
   */
  readonly flat: boolean
  /** Learning rate at which the smoothed loss, as a function of log(rate), falls fastest. */
  readonly steepest?: number
  /** Learning rate in the middle of the longest decreasing subsequence of smoothed losses. */
  readonly valley?: number
  /** One tenth of the learning rate at which the smoothed loss is lowest. */
  readonly minimumTenth?: number
  /** Suggested learning rate: the geometric mean of `valley` and `minimumTenth`. */
  readonly suggestion?: number
}

/**
 * Runs a learning-rate range test: trains at an exponentially increasing rate, to find where the loss falls and where
 * it diverges.
 *
 *     lr(k) = from · (to/from)^(k/(steps − 1))        at step k, from 0
 *
 * Each step is a normal training step, with the experiment's sampler, transforms and `accumulate`. The test stops
 * when the smoothed loss is not finite or exceeds four times its minimum m; if m ≤ 0, when it exceeds m by three
 * times |m| or three times the fall from the first loss, whichever is greater. Do not train at the rate where it
 * stops: with batch normalization, this is 5 to 13 times the highest stable rate.
 *
 * The test has its own optimizer and restores every variable, so the model, its statistics, its optimizer and the
 * order of the data are the same afterwards, bit for bit. A parameter group keeps its options, and the ratio of its
 * learning rate to the optimizer's; where a rate is a schedule, its highest value in the run determines the ratio.
 *
 * Source: Smith 2017, https://arxiv.org/abs/1506.01186, section 3.3; suggestions as in fastai's `lr_find`.
 *
 * @throws {ArgumentError} when an option is out of range, or the loss diverged in too few steps for a curve.
 * @throws {ShapeError} when batch normalization cannot train on the last batch of an epoch, if it is kept.
 * @throws the reason of `signal`, once it is aborted.
 */
export async function findLearningRate(
  experiment: Experiment,
  given: FindLearningRateOptions = {},
): Promise<LearningRates> {
  checkExperiment('findLearningRate', experiment)
  const {
    from,
    to,
    steps,
    task = taskOf(experiment),
    signal,
  } = readOptions('findLearningRate', options, given)
  if (to <= from) throw new ArgumentError(`findLearningRate: wanted from < to, got from ${from} and to ${to}`)
  checkLastBatch({ ...experiment, steps }, task, 'findLearningRate')
  const rate = (step: number): number => from * (to / from) ** (step / (steps - 1))
  const test = (): Promise<LearningRates> => rangeTest(experiment, task, rate, steps, signal)
  return exclusively(task.variables.values(), test, { signal })
}

/** Runs the test on a task whose variables no other call uses meanwhile. */
async function rangeTest(
  experiment: Experiment,
  task: Task,
  rate: (step: number) => number,
  steps: number,
  signal: AbortSignalLike | undefined,
): Promise<LearningRates> {
  const losses = await unchanged(task.variables.values(), () => ramp(experiment, task, rate, steps, signal))
  const smoothed = losses.map(smoother())
  const curve = { lrs: losses.map((_, step) => rate(step)), losses: smoothed }
  const first = Math.floor(smoothed.length / 10)
  const seen = smoothed.slice(first, -5)
  if (seen.length < 10) {
    throw new ArgumentError(
      `findLearningRate: wanted a curve of 10 steps or more, got ${seen.length} before the loss broke; begin at a lower rate`,
    )
  }
  const range = { raw: losses, seen, first }
  if (seemsFlat(range)) {
    const frozen = () => ramp(experiment, task, () => 0, losses.length, signal)
    if (isFlatBeside(range, await unchanged(task.variables.values(), frozen))) return { ...curve, flat: true }
  }
  return { ...curve, flat: false, ...suggest(seen, (index) => rate(first + index)) }
}

/** Trains at the learning rate `rate(step)`. Returns each step's loss, for `steps` steps or until divergence. */
async function ramp(
  experiment: Experiment,
  { model }: Task,
  rate: (step: number) => number,
  steps: number,
  signal: AbortSignalLike | undefined,
): Promise<number[]> {
  const { data, loss, dtype, device, threads, accumulate, lastBatch } = experiment
  const optimizer = optimizerFor(experiment, model)
  const { groups = [], lr } = optimizer.spec as { readonly groups?: readonly Group[]; readonly lr?: Rate }
  const shared = present({ model, loss, data: data.train, dtype, device, threads, accumulate })
  const run = runLength(experiment).steps ?? steps
  const ramped = optimizer.with({ groups: groups.map((group) => onRamp(group, lr, rate, run)), lr: rate })
  const task = new Task({ ...shared, optimizer: ramped })
  const held = [...task.variables.values()]
  const batches = trainingBatches(experiment, examplesPerStep(experiment), lastBatch)
  const losses: number[] = []
  const isBroken = breaking()
  for (let epoch = 0; losses.length < steps; epoch++) {
    for await (const batch of eachApart(held, untilAborted(signal, batches.batches(epoch)))) {
      const lost = await task.step(batch).catch(broken)
      if (lost === undefined) return losses
      losses.push(lost)
      if (isBroken(lost) || losses.length === steps) return losses
    }
  }
  return losses
}

/** Returns a function that takes the next smoothed loss and returns whether it has risen enough to stop the test. */
function breaking(): (loss: number) => boolean {
  const average = smoother()
  let [first, best] = [Number.NaN, Number.POSITIVE_INFINITY]
  return (loss) => {
    const smoothed = average(loss)
    if (Number.isNaN(first)) first = smoothed
    best = Math.min(best, smoothed)
    return smoothed > (best > 0 ? 4 * best : best + 3 * Math.max(-best, first - best))
  }
}

type Rate = number | ((step: number) => number)
type Group = Readonly<Record<string, unknown>>

/** Returns a parameter group's options for the test: its rate keeps its ratio to the optimizer's rate. */
function onRamp(
  { lr, ...own }: Group,
  common: Rate | undefined,
  rate: (step: number) => number,
  steps: number,
): Group {
  const share = lr === undefined ? Number.NaN : peakOf(lr as Rate, steps) / peakOf(common ?? 0, steps)
  return Number.isFinite(share) ? { ...own, lr: (step: number) => rate(step) * share } : own
}

/** Returns the highest of a learning rate's values at up to 1000 steps, evenly spaced over a run of `steps` steps. */
function peakOf(rate: Rate, steps: number): number {
  if (typeof rate === 'number') return rate
  const count = Math.min(steps, 1000)
  return Math.max(...Array.from({ length: count }, (_, i) => rate(Math.floor((i * steps) / count))))
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

/** Suggests rates from the smoothed losses `seen`, which exclude the noisy first tenth and the last 5 steps. */
function suggest(
  seen: readonly number[],
  at: (index: number) => number,
): Required<Omit<LearningRates, 'lrs' | 'losses' | 'flat'>> {
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
