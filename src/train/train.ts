import { loader } from '../data/loader.ts'
import type { Experiment } from './experiment.ts'
import { type Evaluation, Task } from './task.ts'

/** What happened. Steps and epochs count from 0; times are in seconds. */
export type TrainEvent = StartEvent | StepsEvent | EpochEvent | EndEvent

export interface StartEvent {
  readonly type: 'start'
  /** Optimizer steps an epoch. */
  readonly stepsPerEpoch: number
  readonly epochs: number
  /** Trained numbers in the model. */
  readonly parameters: number
}

/** Some optimizer steps, in one call: `losses[k]` and `lrs[k]` are those of step `step + k`. */
export interface StepsEvent {
  readonly type: 'steps'
  readonly epoch: number
  readonly step: number
  readonly losses: ArrayLike<number>
  readonly lrs: ArrayLike<number>
}

export interface EpochEvent {
  readonly type: 'epoch'
  readonly epoch: number
  /** Optimizer steps taken so far. */
  readonly steps: number
  /** Mean over the epoch's batches, each before its step. */
  readonly trainLoss: number
  readonly validationLoss: number
  readonly validationAccuracy?: number
  /** Of the epoch's last step. */
  readonly lr: number
  /** What multiplies the learning rate from here on, where the experiment has a `control`. */
  readonly lrFactor?: number
  /** Time spent on training steps, and steps a second in it. */
  readonly time: { readonly seconds: number; readonly stepsPerSecond: number }
}

export interface EndEvent {
  readonly type: 'end'
  /** Whether all epochs were done, or `control` ended the run. */
  readonly reason: 'epochs' | 'control'
  readonly steps: number
  readonly time: { readonly seconds: number }
}

/**
 * Train an experiment, yielding each thing as it happens.
 *
 * There are no callbacks. To log, plot, save or stop early, read the events; to stop, leave the loop. Nothing runs
 * ahead of the caller: after each event the weights of `task` are those of that event's last step.
 *
 * @throws {DivergedError} at the first step whose loss is not finite.
 * @example
 * for await (const event of train.run(experiment)) if (event.type === 'epoch') console.log(event.validationLoss)
 */
export async function* run(
  experiment: Experiment,
  task: Task = taskOf(experiment),
): AsyncGenerator<TrainEvent> {
  const { data, batchSize, epochs, seed, lastBatch } = experiment
  const batches = loader(data.train, { batchSize, seed, last: lastBatch })
  const pace = new Pace()
  const control = new Control(experiment)
  const begun = performance.now()
  yield { type: 'start', stepsPerEpoch: batches.length, epochs, parameters: task.parameters }
  for (let epoch = 0; epoch < epochs; epoch++) {
    const totals = { loss: 0, lr: 0, steps: 0, ms: 0 }
    for (const stack of batches.stacks(epoch, () => pace.steps)) {
      const step = task.steps
      const start = performance.now()
      const { losses, lrs } = await task.learn(stack, Math.min(batchSize, stack.length))
      const ms = performance.now() - start
      pace.learn(losses.length, ms)
      for (const loss of losses) totals.loss += loss
      totals.steps += losses.length
      totals.lr = lrs.at(-1)!
      totals.ms += ms
      yield { type: 'steps', epoch, step, losses, lrs }
    }
    const seconds = totals.ms / 1e3
    const measured = {
      trainLoss: totals.loss / totals.steps,
      ...validation(await task.evaluate(data.validation, { batchSize })),
    }
    yield {
      type: 'epoch',
      epoch,
      steps: task.steps,
      ...measured,
      lr: totals.lr,
      ...control.learn(measured, task),
      time: { seconds, stepsPerSecond: totals.steps / seconds },
    }
    if (control.stop) break
  }
  yield {
    type: 'end',
    reason: control.stop ? 'control' : 'epochs',
    steps: task.steps,
    time: { seconds: (performance.now() - begun) / 1e3 },
  }
}

type Measured = Pick<EpochEvent, 'trainLoss' | 'validationLoss' | 'validationAccuracy'>

/** The controllers of a run with their states. */
class Control {
  readonly #controllers: Experiment['control']
  readonly #monitor: Experiment['monitor']
  #states: unknown[]

  constructor({ control, monitor }: Experiment) {
    this.#controllers = control
    this.#monitor = monitor
    this.#states = control.map(({ initial }) => initial)
  }

  get stop(): boolean {
    return this.#controllers.some((controller, i) => controller.stop(this.#states[i]))
  }

  /** Tell each controller the metric, and the task the factor that they agree on. */
  learn(measured: Measured, task: Task): { readonly lrFactor?: number } {
    if (this.#controllers.length === 0) return {}
    const metric = measured[this.#monitor] ?? Number.NaN
    this.#states = this.#controllers.map((controller, i) => controller.update(this.#states[i], metric))
    task.lrFactor = this.#controllers.reduce((product, c, i) => product * c.factor(this.#states[i]), 1)
    return { lrFactor: task.lrFactor }
  }
}

/** The task of an experiment, at its start. */
export function taskOf({ model, loss, optimizer, data, seed, dtype, threads }: Experiment): Task {
  const options = { model: model(), loss, optimizer, data: data.train, seed, dtype }
  return new Task(threads === undefined ? options : { ...options, threads })
}

const validation = ({
  loss,
  accuracy,
}: Evaluation): Pick<EpochEvent, 'validationLoss' | 'validationAccuracy'> =>
  accuracy === undefined ? { validationLoss: loss } : { validationLoss: loss, validationAccuracy: accuracy }

/** How many steps fit into one call, so that the event loop breathes about 25 times a second. */
class Pace {
  steps = 4

  learn(steps: number, ms: number): void {
    this.steps = Math.max(1, Math.min(4 * this.steps, Math.floor((40 * steps) / ms), 1024))
  }
}
