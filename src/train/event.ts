import type { Evaluation } from './evaluation.ts'
import type { Length } from './length.ts'
import type { Measurements } from './metrics/metric.ts'
import type { Progress } from './progress.ts'
import type { Steps } from './steps.ts'

/** An event of a run. Steps and epochs count from 0; times are in seconds. */
export type TrainEvent = StartEvent | StepsEvent | EpochEvent | TestEvent | EndEvent

interface Progressed {
  /** Progress of the run after the event, from which `train.run` can resume. Not written to the log. */
  readonly progress: Progress
}

/** Start or resumption of a run. Has the run's length in steps and epochs, as far as known in advance. */
export interface StartEvent extends Progressed, Omit<Length, 'examplesPerStep'> {
  readonly type: 'start'
  /** Number of trainable parameters (single numbers) in the model. */
  readonly parameters: number
  /** What `scheduleWarnings` says about the experiment; absent if it says nothing. */
  readonly warnings?: readonly string[]
}

/** Consecutive optimizer steps: `losses[k]`, `lrs[k]` and `logs.NAME[k]` belong to step number `step + k`. */
export interface StepsEvent extends Progressed, Pick<Steps, 'logs' | 'skipped'> {
  readonly type: 'steps'
  readonly epoch: number
  readonly step: number
  readonly losses: ArrayLike<number>
  readonly lrs: ArrayLike<number>
  readonly time?: { readonly samplesPerSecond: number }
}

/** End of an epoch, which is partial if the run reaches the experiment's `steps` within it. */
export interface EpochEvent extends Progressed, Partial<Measurements> {
  readonly type: 'epoch'
  readonly epoch: number
  /** Number of optimizer steps taken since the start of the run. */
  readonly steps: number
  /**
   * Mean training loss over the epoch, each example's loss computed at the weights before its step. Averaged as
   * described at `Evaluation.loss`.
   */
  readonly trainLoss: number
  readonly validationLoss: number
  readonly validationAccuracy?: number
  /** Learning rate of the epoch's last step. */
  readonly lr: number
  /** Number of the epoch's batches skipped because of NaN or infinity; absent if none was. */
  readonly skipped?: number
  /**
   * Factor that multiplies all further learning rates, set by the experiment's `control`; absent without `control`.
   */
  readonly lrFactor?: number
  /** Seconds spent on the epoch's training steps, without evaluation, and training steps per second. */
  readonly time: { readonly seconds: number; readonly stepsPerSecond: number }
}

/**
 * Measurement of the model on the experiment's test data, on which nothing was chosen, at the end of a run that was
 * asked for it.
 */
export interface TestEvent extends Progressed, Evaluation {
  readonly type: 'test'
  /** Weights that were measured: those at the end of the run, or those that did best on the validation data. */
  readonly weights: TestedWeights
  /** Number of optimizer steps that led to these weights. */
  readonly step: number
  /** Number of test examples; absent for a stream. */
  readonly examples?: number
  /** Number of measurements on test data that this run's log already had; absent if it had none. */
  readonly before?: number
  /** Hash of the test data, or of what a stream says of itself. */
  readonly data: string
}

/** Weights of a run: `final`, at its end; or `best`, of the checkpoint with the best monitored value. */
export type TestedWeights = 'final' | 'best'

/** End of a run. */
export interface EndEvent extends Progressed {
  readonly type: 'end'
  /** Why the run ended: all epochs done, all steps done, or stopped by a controller in `control`. */
  readonly reason: 'epochs' | 'steps' | 'control'
  /** The reason as a phrase: `all 20 epochs are done`, or `stopped early by earlyStopping: …`. */
  readonly because: string
  readonly steps: number
  readonly time: { readonly seconds: number }
}
