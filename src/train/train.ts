import { type AbortSignalLike, abortSignal, untilAborted } from '../core/abort.ts'
import { mismatch } from '../core/mismatch.ts'
import { boolean, custom, type OptionsOf, readOptions } from '../core/options.ts'
import type { Batch, Loader } from '../data/loader.ts'
import type { StreamLoader } from '../data/stream-loader.ts'
import { isRelative } from '../optim/over-run.ts'
import { DivergedError } from './diverged.ts'
import type { EpochEvent, StepsEvent, TrainEvent } from './event.ts'
import { checkExperiment, type Experiment, goalOf, isEpochResult, trainingBatches } from './experiment.ts'
import { checkLastBatch } from './last-batch.ts'
import { runLength } from './length.ts'
import { newTask } from './new-task.ts'
import { Pace } from './pace.ts'
import type { Together } from './parallel/together.ts'
import {
  afterEpoch,
  afterSteps,
  becauseOf,
  beginning,
  checkProgress,
  endOf,
  factorOf,
  isOver,
  type Progress,
  resumed,
  trainLossOf,
} from './progress.ts'
import { scheduleStepsOf } from './run-optimizer.ts'
import { misfits } from './schedule-fit.ts'
import type { Steps } from './steps.ts'
import type { Task } from './task.ts'
import { taskOption } from './task-option.ts'
import { type EpochMeasurements, validationOf } from './validation.ts'

export { taskOf } from './task-of.ts'

const options = {
  /** Task (model, loss and optimizer) to train. @default a new task of the experiment */
  task: taskOption,
  /** Progress of an earlier event to resume from; needs the `task` in its state at that event. @default the beginning */
  progress: custom<Progress>('the progress of an event', (value) => typeof Object(value).steps === 'number'),
  /** Abort signal that stops the training before the next steps, or between the batches of an evaluation. */
  signal: abortSignal(),
  /** Whether to measure the final model on the test data, once, just before the event `end`. @default false */
  test: boolean(false),
}

export interface RunOptions extends OptionsOf<typeof options> {}

/**
 * Trains an experiment and yields each event as it happens.
 *
 * There are no callbacks: log, plot or save in a loop over the events; leaving the loop stops the training. Training
 * never runs ahead of the loop: at each event, `task` has the weights of the event's `progress`. The same holds after
 * an abort, since each step is either taken and reported or not taken at all; the run can resume from the last event.
 *
 * @throws the reason of `signal`, once it is aborted and the run has not ended.
 * @throws {ArgumentError} when `test` is asked for and the experiment has no test data.
 * @throws {DivergedError} at the first loss that is not finite, after yielding the steps before it.
 * @throws {ShapeError} before the first step, when batch normalization cannot train on the last batch of an epoch.
 * @example
 * for await (const event of train.run(experiment)) if (event.type === 'epoch')
 * console.log(event.validationLoss)
 */
export async function* run(experiment: Experiment, given: RunOptions = {}): AsyncGenerator<TrainEvent> {
  const read = readOptions('run', options, given)
  checkExperiment('run', experiment)
  const { progress: start = beginning(experiment), signal: own, test } = read
  const tests = test ? await import('./test-part.ts') : undefined // loaded where it is needed
  tests?.testDataOf('run', experiment)
  const task = read.task ?? (await ownTask(experiment))
  const together = await togetherOf(task, own)
  if (!together) own?.throwIfAborted()
  checkScheduleSteps(experiment, task)
  const { examplesPerStep: size, ...length } = runLength(experiment)
  const batches = trainingBatches(experiment, size, experiment.lastBatch)
  const signal = together?.signal ?? own
  const running: Running = { experiment, task, batches, pace: new Pace(), signal, own, together }
  const begun = performance.now()
  checkLastBatch(experiment, task)
  let progress = resumed(experiment, (await together?.begin(task, start)) ?? start)
  task.goTo(progress.steps, factorOf(experiment, progress))
  const warnings = await scheduleFaults(experiment, task)
  const about = { parameters: task.parameters, ...(warnings.length > 0 && { warnings }) }
  yield { type: 'start', ...length, ...about, progress }
  while (!isOver(experiment, progress)) {
    const steps = yield* stepsOf(running, progress)
    const epoch = await finished(running, steps)
    progress = epoch.progress
    yield epoch
  }
  const time = { seconds: (performance.now() - begun) / 1e3 }
  const measure = () => tests!.tested('run', experiment, { task, weights: 'final', signal: own })
  if (tests) yield { ...(await (together ? together.first(measure) : measure())), progress }
  const [reason, because] = [endOf(experiment, progress)!, becauseOf(experiment, progress)]
  yield { type: 'end', reason, because, steps: task.steps, time, progress }
}

/** Returns a new task. What changes a model's normalization is loaded by the experiments that ask for it. */
async function ownTask(experiment: Experiment): Promise<Task> {
  if (experiment.normalization === undefined) return newTask(experiment)
  return newTask(experiment, (await import('../nn/norm/normalization.ts')).normalizeLayers)
}

/** Returns what keeps the ranks of a run in step, which only runs of several ranks load. */
async function togetherOf(
  { parallel }: Task,
  signal: AbortSignalLike | undefined,
): Promise<Together | undefined> {
  return parallel && new (await import('./parallel/together.ts')).Together(parallel, signal)
}

/** Returns a warning for each schedule that does not fit the run. What phrases them is loaded by the first. */
async function scheduleFaults(experiment: Experiment, { model }: Task): Promise<readonly string[]> {
  const found = misfits(experiment, model)
  return found.length === 0 ? [] : found.map((await import('./schedule-advice.ts')).warningOf)
}

/** Checks a task's schedules. @throws {ArgumentError} when they were made for a run of another length. */
function checkScheduleSteps(experiment: Experiment, { scheduleSteps: got }: Task): void {
  const wanted = isRelative(experiment.optimizer) ? scheduleStepsOf(experiment) : undefined
  if (wanted === undefined || got === undefined || wanted === got) return
  const fix = 'make it of this experiment, or give both the same scheduleSteps'
  throw mismatch('run', `a task whose percentages in schedules refer to ${wanted} steps`, got, fix)
}

interface Running {
  readonly experiment: Experiment
  readonly task: Task
  readonly batches: Loader | StreamLoader
  readonly pace: Pace
  readonly signal: AbortSignalLike | undefined
  /** Signal that this process was given; of several, `signal` is aborted on all of them after the same steps. */
  readonly own: AbortSignalLike | undefined
  readonly together: Together | undefined
}

/** Progress after the steps of an epoch, and the number of milliseconds that these steps took. */
interface EpochSteps {
  readonly progress: Progress
  readonly ms: number
}

/** Takes the remaining steps of an epoch and yields their events. */
async function* stepsOf(running: Running, start: Progress): AsyncGenerator<StepsEvent, EpochSteps> {
  const { experiment, task, batches, pace, signal, together } = running
  const { steps = Number.POSITIVE_INFINITY, log } = experiment
  const { epoch } = start
  let [progress, ms] = [start, 0]
  const count = (): number =>
    Math.min(together?.count(pace.steps, task.steps) ?? pace.steps, steps - task.steps)
  const stacks = task.steps < steps ? batches.stacks(epoch, count, start.sofar.batches) : []
  for await (const stack of untilAborted(signal, stacks)) {
    const step = task.steps
    const begun = performance.now()
    const size = Math.min(batches.batchSize, stack.length)
    const { done, diverged } = await learn(running, stack, size)
    const own = performance.now() - begun
    const taken = (await together?.afterCall(own)) ?? own
    const seen = diverged ? done.losses.length : Math.ceil(stack.length / batches.batchSize)
    pace.learn(seen, taken)
    ms += taken
    const { parts: _, ...shown } = done
    progress = afterSteps(progress, seen, done, size / batches.batchSize)
    const time = log.samplesPerSecond && { time: { samplesPerSecond: (1e3 * stack.length) / taken } }
    yield { type: 'steps', epoch, step, ...shown, ...time, progress }
    if (diverged) throw diverged
    if (task.steps === steps) break
  }
  return { progress, ms }
}

/** Evaluates the model after an epoch's steps, updates the controllers and returns the epoch's event. */
async function finished(
  { experiment, task, batches, own, together }: Running,
  { progress, ms }: EpochSteps,
): Promise<EpochEvent> {
  const { epoch, steps, sofar } = progress
  checkProgress(experiment, task, progress)
  const validate = () => validationOf(experiment, task, sofar.lr, own)
  const measured = {
    trainLoss: trainLossOf(progress),
    ...(await (together ? together.first(validate) : validate())),
  }
  const isCut = steps === experiment.steps && !('length' in batches && sofar.batches === batches.length)
  const next = afterEpoch(experiment, progress, monitored(experiment, measured), isCut)
  const [lrFactor, controlled] = [factorOf(experiment, next), experiment.control.length > 0]
  if (controlled) task.goTo(task.steps, lrFactor)
  return {
    type: 'epoch',
    epoch,
    steps,
    ...measured,
    lr: sofar.lr,
    ...(sofar.skipped > 0 && { skipped: sofar.skipped }),
    ...(controlled && { lrFactor }),
    time: { seconds: ms / 1e3, stepsPerSecond: ms > 0 ? (1e3 * sofar.steps) / ms : 0 },
    progress: next,
  }
}

/**
 * Takes one step for each of several concatenated batches. If one diverges, returns the steps before and the error.
 */
async function learn(
  { experiment, task, signal }: Running,
  stack: Batch,
  batchSize: number,
): Promise<{ readonly done: Steps; readonly diverged?: DivergedError }> {
  try {
    return { done: await task.learn(stack, batchSize, { most: experiment.batchSize, signal }) }
  } catch (error) {
    if (error instanceof DivergedError && error.before) return { done: error.before, diverged: error }
    throw error
  }
}

/** Returns the monitored quantity among an epoch's results; NaN when it is missing. */
export function monitored({ monitor }: Pick<Experiment, 'monitor'>, measured: EpochMeasurements): number {
  const value = isEpochResult(monitor) ? measured[monitor] : measured.metrics?.[monitor]
  return typeof value === 'number' ? value : Number.NaN
}

/** Returns an epoch's monitored value as a score, negated if higher is better; undefined for NaN. */
export function monitoredScore(event: EpochEvent, experiment: Experiment): number | undefined {
  const value = monitored(experiment, event)
  return Number.isNaN(value) ? undefined : goalOf(experiment) === 'max' ? -value : value
}
