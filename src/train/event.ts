import type { Measurements } from './metrics/metric.ts'

/** What happened. Steps and epochs count from 0; times are in seconds. */
export type TrainEvent = StartEvent | StepsEvent | EpochEvent | EndEvent

export interface StartEvent {
  readonly type: 'start'
  /** Optimizer steps an epoch; absent where the training data are a stream, whose end shows when it is there. */
  readonly stepsPerEpoch?: number
  /** Epochs of the run, the last one perhaps not whole; absent where only steps are known. */
  readonly epochs?: number
  /** Optimizer steps of the whole run, if no controller ends it before; absent where that is not known. */
  readonly steps?: number
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
  /** What else the experiment logs, by name: `logs.gradientNorm[k]` is that of step `step + k`. */
  readonly logs?: Readonly<Record<string, ArrayLike<number>>>
  readonly time?: { readonly samplesPerSecond: number }
  /** How many batches were left out among them, where some were. */
  readonly skipped?: number
}

/** An epoch is done, or as much of it as `steps` leaves. With `metrics`, and `reasons` for those that are NaN, where the experiment has some. */
export interface EpochEvent extends Partial<Measurements> {
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
  /** How many batches were left out because they would have made a number not finite, where some were. */
  readonly skipped?: number
  /** What multiplies the learning rate from here on, where the experiment has a `control`. */
  readonly lrFactor?: number
  /** Time spent on training steps, and steps a second in it. */
  readonly time: { readonly seconds: number; readonly stepsPerSecond: number }
}

export interface EndEvent {
  readonly type: 'end'
  /** Whether all epochs or steps were done, or `control` ended the run. */
  readonly reason: 'epochs' | 'steps' | 'control'
  readonly steps: number
  readonly time: { readonly seconds: number }
}
