import type { Length } from './length.ts'
import type { Measurements } from './metrics/metric.ts'
import type { Progress } from './progress.ts'
import type { Steps } from './steps.ts'

/** An event of a run. Steps and epochs count from 0; times are in seconds. */
export type TrainEvent = StartEvent | StepsEvent | EpochEvent | EndEvent

interface Progressed {
  /** Progress of the run after the event, from which `train.run` can resume. Not written to the log. */
  readonly progress: Progress
}

/** Start or resumption of a run. For a stream, includes only the lengths that the experiment states. */
export interface StartEvent extends Progressed, Omit<Length, 'examplesPerStep'> {
  readonly type: 'start'
  /** Number of trainable values in the model. */
  readonly parameters: number
}

/** Optimizer steps taken in one call: `losses[k]`, `lrs[k]` and `logs.NAME[k]` belong to step `step + k`. */
export interface StepsEvent extends Progressed, Pick<Steps, 'logs' | 'skipped'> {
  readonly type: 'steps'
  readonly epoch: number
  readonly step: number
  readonly losses: ArrayLike<number>
  readonly lrs: ArrayLike<number>
  readonly time?: { readonly samplesPerSecond: number }
}

/** End of an epoch, or of a partial epoch when the experiment's `steps` end the run. */
export interface EpochEvent extends Progressed, Partial<Measurements> {
  readonly type: 'epoch'
  readonly epoch: number
  /** Optimizer steps taken since the start of the run. */
  readonly steps: number
  /** Mean of the losses of the epoch's batches, each computed before its step. */
  readonly trainLoss: number
  readonly validationLoss: number
  readonly validationAccuracy?: number
  /** Learning rate of the epoch's last step. */
  readonly lr: number
  /** Number of batches skipped because of NaN or infinity; absent instead of 0. */
  readonly skipped?: number
  /** Learning-rate factor from now on; only when the experiment has a `control`. */
  readonly lrFactor?: number
  /** Seconds spent on training steps, and steps per second of that time. */
  readonly time: { readonly seconds: number; readonly stepsPerSecond: number }
}

/** End of a run. */
export interface EndEvent extends Progressed {
  readonly type: 'end'
  /** Cause of the end: all epochs done, all steps done, or stopped by `control`. */
  readonly reason: 'epochs' | 'steps' | 'control'
  readonly steps: number
  readonly time: { readonly seconds: number }
}
