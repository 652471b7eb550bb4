import { type DType, isFloat } from '../core/dtype.ts'
import { EvenstepError } from '../core/errors.ts'
import type { Shape } from '../core/shape.ts'
import { type Batch, type Loader, loader } from '../data/loader.ts'
import type { StreamLoader } from '../data/stream-loader.ts'
import { normalizeLayers } from '../nn/norm/normalization.ts'
import { microBatchesPerStep } from './accumulation.ts'
import { DivergedError } from './diverged.ts'
import type { Evaluation } from './evaluation.ts'
import type { EpochEvent, StartEvent, TrainEvent } from './event.ts'
import type { Experiment } from './experiment.ts'
import type { Steps } from './steps.ts'
import { Task } from './task.ts'

/** Where a run stands, as plain JSON: with the numbers of its task, all that it takes to go on. */
export interface Progress {
  /** Optimizer steps taken. */
  steps: number
  /** The epoch that is under way, or comes next. */
  epoch: number
  /** What the epoch has done so far. */
  sofar: Sofar
  /** The states of the experiment's controllers. */
  control: readonly unknown[]
}

interface Sofar {
  /** Batches that are done with, whether they made a step or were left out. */
  readonly batches: number
  readonly steps: number
  readonly skipped: number
  /** Sum over the steps. */
  readonly loss: number
  /** Of the last step. */
  readonly lr: number
}

const nothing: Sofar = { batches: 0, steps: 0, skipped: 0, loss: 0, lr: 0 }

/** Where every run of an experiment begins. */
export const beginning = ({ control }: Experiment): Progress => ({
  steps: 0,
  epoch: 0,
  sofar: nothing,
  control: control.map(({ initial }) => initial),
})

export interface RunOptions {
  /** The model with its optimizer; a new one unless given. */
  readonly task?: Task
  /** Where to go on, and kept up to date: at each event it says where the run stands. The beginning unless given. */
  readonly progress?: Progress
}

/**
 * Train an experiment, yielding each thing as it happens.
 *
 * There are no callbacks. To log, plot, save or stop early, read the events; to stop, leave the loop. Nothing runs
 * ahead of the caller: at each event the weights of `task` and `progress` are those of that event.
 *
 * @throws {DivergedError} at the first step whose loss is not finite, after the event of those before it.
 * @example
 * for await (const event of train.run(experiment)) if (event.type === 'epoch') console.log(event.validationLoss)
 */
export async function* run(experiment: Experiment, options: RunOptions = {}): AsyncGenerator<TrainEvent> {
  const { data, batchSize, lastBatch, log } = experiment
  const { task = taskOf(experiment), progress = beginning(experiment) } = options
  const examples = batchSize * microBatchesPerStep(experiment.accumulate)
  const batches = trainingBatches(experiment, examples, lastBatch)
  const pace = new Pace()
  const begun = performance.now()
  task.goTo(progress.steps, factorOf(experiment, progress))
  const { epochs = Number.POSITIVE_INFINITY, steps = Number.POSITIVE_INFINITY } = experiment
  yield { type: 'start', ...plan(experiment, batches), parameters: task.parameters }
  while (!isOver(experiment, progress)) {
    const { epoch } = progress
    let ms = 0
    const next = (): number => Math.min(pace.steps, steps - task.steps)
    const stacks = task.steps < steps ? batches.stacks(epoch, next, progress.sofar.batches) : []
    for await (const stack of stacks) {
      const step = task.steps
      const start = performance.now()
      const { done, diverged } = await learn(task, stack, Math.min(examples, stack.length))
      const taken = performance.now() - start
      const count = diverged ? done.losses.length : Math.ceil(stack.length / examples)
      pace.learn(count, taken)
      ms += taken
      progress.steps = task.steps
      progress.sofar = extended(progress.sofar, count, done)
      const time = log.samplesPerSecond && { time: { samplesPerSecond: (1e3 * stack.length) / taken } }
      yield { type: 'steps', epoch, step, ...done, ...time }
      if (diverged) throw diverged
      if (task.steps === steps) break
    }
    const stepsDone = progress.steps
    const { sofar } = progress
    if (sofar.steps === 0 && epochs === Number.POSITIVE_INFINITY) {
      throw new EvenstepError(
        `train: wanted ${steps} steps, got an epoch in which each would have made a number not finite; ` +
          'lower the rate, or look for numbers in the data that are not finite',
      )
    }
    const measured = {
      trainLoss: sofar.loss / sofar.steps,
      ...validation(await task.evaluate(data.validation, { batchSize })),
    }
    if (!Number.isFinite(measured.validationLoss)) {
      throw new DivergedError(
        `train: wanted a finite validation loss, got ${measured.validationLoss} after step ${task.steps - 1}, ` +
          `lr ${sofar.lr}; lower the rate, or look for numbers in the data that are not finite`,
        task.steps - 1,
        sofar.lr,
      )
    }
    progress.epoch++
    progress.sofar = nothing
    yield {
      type: 'epoch',
      epoch,
      steps: stepsDone,
      ...measured,
      lr: sofar.lr,
      ...(sofar.skipped > 0 && { skipped: sofar.skipped }),
      ...control(experiment, progress, measured, task),
      time: { seconds: ms / 1e3, stepsPerSecond: (1e3 * sofar.steps) / ms },
    }
  }
  yield {
    type: 'end',
    reason: stopped(experiment, progress) ? 'control' : progress.epoch < epochs ? 'steps' : 'epochs',
    steps: task.steps,
    time: { seconds: (performance.now() - begun) / 1e3 },
  }
}

/** The steps of a stack, or where one diverges those before it: an event log does not depend on how many a call took. */
async function learn(
  task: Task,
  stack: Batch,
  batchSize: number,
): Promise<{ readonly done: Steps; readonly diverged?: DivergedError }> {
  try {
    return { done: await task.learn(stack, batchSize) }
  } catch (error) {
    if (error instanceof DivergedError && error.before) return { done: error.before, diverged: error }
    throw error
  }
}

/** What is to be done, as far as it is known. */
function plan(
  { epochs, steps }: Experiment,
  batches: Loader | StreamLoader,
): Pick<StartEvent, 'stepsPerEpoch' | 'epochs' | 'steps'> {
  if (!('length' in batches))
    return { ...(epochs !== undefined && { epochs }), ...(steps !== undefined && { steps }) }
  const stepsPerEpoch = batches.length
  const infinite = Number.POSITIVE_INFINITY
  const all = Math.min(steps ?? infinite, (epochs ?? infinite) * stepsPerEpoch)
  return { stepsPerEpoch, epochs: Math.ceil(all / stepsPerEpoch), steps: all }
}

function extended(before: Sofar, count: number, { losses, lrs, skipped = 0 }: Steps): Sofar {
  let total = before.loss
  // One after another, so that the sum does not depend on how many steps a call took.
  for (const next of losses) total += next
  return {
    batches: before.batches + count,
    steps: before.steps + losses.length,
    skipped: before.skipped + skipped,
    loss: total,
    lr: lrs.at(-1) ?? before.lr,
  }
}

type Measured = Pick<EpochEvent, 'trainLoss' | 'validationLoss' | 'validationAccuracy' | 'metrics'>

/** Tell each controller the metric, and the task the factor that they agree on. */
function control(
  experiment: Experiment,
  progress: Progress,
  measured: Measured,
  task: Task,
): { readonly lrFactor?: number } {
  if (experiment.control.length === 0) return {}
  const metric = monitored(experiment, measured)
  progress.control = experiment.control.map((c, i) => c.update(progress.control[i], metric))
  const lrFactor = factorOf(experiment, progress)
  task.goTo(task.steps, lrFactor)
  return { lrFactor }
}

/** What the controllers are told. */
export function monitored({ monitor }: Experiment, measured: Measured): number {
  const value = isOwn(monitor) ? measured[monitor] : measured.metrics?.[monitor]
  return typeof value === 'number' ? value : Number.NaN
}

const own = ['trainLoss', 'validationLoss', 'validationAccuracy'] as const
const isOwn = (monitor: string): monitor is (typeof own)[number] => own.some((name) => name === monitor)

/** What the controllers multiply the learning rate by. */
export const factorOf = (experiment: Experiment, progress: Progress): number =>
  experiment.control.reduce((product, c, i) => product * c.factor(progress.control[i]), 1)

/** Whether nothing is left to do: no step, and no evaluation of steps that were taken. */
export const isOver = (experiment: Experiment, progress: Progress): boolean => {
  const { epochs = Number.POSITIVE_INFINITY, steps = Number.POSITIVE_INFINITY } = experiment
  const done = progress.epoch >= epochs || progress.steps >= steps || stopped(experiment, progress)
  return done && progress.sofar.batches === 0
}

/** Whether a controller ended the run. */
const stopped = (experiment: Experiment, progress: Progress): boolean =>
  experiment.control.some((c, i) => c.stop(progress.control[i]))

/** The training data in batches of `batchSize`, in the experiment's order and with its transforms. */
export function trainingBatches(
  { data, transform, seed, sampler, shuffleBuffer }: Experiment,
  batchSize: number,
  last: 'drop' | 'keep',
): Loader | StreamLoader {
  const order = { ...(sampler && { sampler }), ...(shuffleBuffer !== undefined && { shuffleBuffer }) }
  return loader(data.train, { batchSize, seed, last, transform, ...order })
}

/** The task of an experiment, at its start. */
export function taskOf(experiment: Experiment): Task {
  const { model: make, data, metrics, normalization, ...options } = experiment
  const measured = Object.keys(metrics).length > 0 ? { metrics } : {}
  const model = make()
  if (normalization !== undefined) normalizeLayers(model, normalization, batchOf(experiment))
  return new Task({ ...options, ...measured, model, data: data.train })
}

/** What a batch looks like when the model sees it. */
function batchOf({ data, batchSize, dtype }: Experiment): { readonly shape: Shape; readonly dtype: DType } {
  const { x } = data.train
  return { shape: [batchSize, ...x.shape], dtype: isFloat(x.dtype) ? dtype : x.dtype }
}

const validation = ({ loss, accuracy, ...measured }: Evaluation): Omit<Measured, 'trainLoss'> => ({
  validationLoss: loss,
  ...(accuracy !== undefined && { validationAccuracy: accuracy }),
  ...measured,
})

/** How many steps fit into one call, so that the event loop breathes about 25 times a second. */
class Pace {
  steps = 4

  learn(steps: number, ms: number): void {
    this.steps = Math.max(1, Math.min(4 * this.steps, Math.floor((40 * steps) / ms), 1024))
  }
}
