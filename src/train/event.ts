import type { Length } from './length.ts'
import type { Measurements } from './metrics/metric.ts'
import type { Progress } from './progress.ts'

/** What happened in a run. Steps and epochs count from 0; times are in seconds. */
export type TrainEvent = StartEvent | StepsEvent | EpochEvent | EndEvent

interface Progressed {
  /** Where the run then stands: `train.run` resumes from it. The log of a run leaves it out. */
  readonly progress: Progress
}

/** A run begins, or resumes. Of a stream, only the epochs and steps that the experiment names are known. */
export interface StartEvent extends Progressed, Omit<Length, 'examplesPerStep'> {
  readonly type: 'start'
  /** Number of trained values in the model. */
  readonly parameters: number
}

/** Some optimizer steps, in one call: `losses[k]` and `lrs[k]` are those of step `step + k`. */
export interface StepsEvent extends Progressed {
  readonly type: 'steps'
  readonly epoch: number
  readonly step: number
  readonly losses: ArrayLike<number>
  readonly lrs: ArrayLike<number>
  /** What else the experiment logs, by name: `logs.gradientNorm[k]` is that of step `step + k`. */
  readonly logs?: Readonly<Record<string, ArrayLike<number>>>
  readonly time?: { readonly samplesPerSecond: number }
  /** Batches left out among them; absent where none was. */
  readonly skipped?: number
}

/**
 * An epoch is done, or as much of it as `steps` leaves. With `metrics`, and `reasons` for those that are NaN,
 * where the experiment has some.
 */
export interface EpochEvent extends Progressed, Partial<Measurements> {
  readonly type: 'epoch'
  readonly epoch: number
  /** Optimizer steps taken so far. */
  readonly steps: number
  /** Mean over the epoch's batches, each before its step. */
  readonly trainLoss: number
  readonly validationLoss: number
  readonly validationAccuracy?: number
  /** Learning rate of the epoch's last step. */
  readonly lr: number
  /** Batches left out because they would have made a number not finite; absent where none was. */
  readonly skipped?: number
  /** Factor of the learning rate from here on, where the experiment has a `control`. */
  readonly lrFactor?: number
  /** Time spent on training steps, and steps per second in it. */
  readonly time: { readonly seconds: number; readonly stepsPerSecond: number }
}

/** A run is over. */
export interface EndEvent extends Progressed {
  readonly type: 'end'
  /** What ended the run: all epochs or steps were done, or `control` stopped it. */
  readonly reason: 'epochs' | 'steps' | 'control'
  readonly steps: number
  readonly time: { readonly seconds: number }
}
