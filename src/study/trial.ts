/** A JSON value, the type of a setting's value. */
export type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value }

/** One combination of a study's settings: a value for each factor (setting that the study varies). */
export type Settings = Readonly<Record<string, Value>>

/** One training run of a study. No two have the same settings, seed and number of steps. */
export interface Trial {
  /** Number of the trial, from 1, in the order in which trials were planned; also the name of its folder. */
  readonly id: number
  readonly settings: Settings
  /** Seed of initial weights and data order; two trials with the same seed can be compared as a pair. */
  readonly seed: number
  /** Seed with which training and validation examples are split anew; absent for the experiment's own split. */
  readonly split?: number
  /** Number of optimizer steps to train; the learning-rate schedule spans them. */
  readonly steps: number
  /** Round of a race (each round keeps only the best settings), from 0; always 0 in other designs. */
  readonly rung: number
}

/** The result of a trial, which may have completed, diverged or failed. */
export interface TrialResult {
  /** `diverged`: a loss became infinite, NaN or 10⁶ times the first; `failed`: ended by another `error`. */
  readonly status: 'done' | 'diverged' | 'failed'
  readonly error?: string
  /** Values of `trainLoss`, `validationLoss` and other metrics after the last epoch; empty unless done. */
  readonly metrics: Readonly<Record<string, number>>
  /** Number of optimizer steps that the trial took. */
  readonly steps: number
  /** Seconds spent in training steps (`training`) and in the whole trial (`total`). */
  readonly time: { readonly training: number; readonly total: number }
  /** The learning curve, with at most 100 training losses, averaged over neighbouring steps, and 100 validation losses. */
  readonly curve: TrialCurve
  /** Curves for each batch normalization, by its path in the model; absent unless the study has `watch`. */
  readonly layers?: Readonly<Record<string, LayerCurve>>
  /** Error of running statistics at the end; absent if there are none, or unless the study has `watch`. */
  readonly drift?: DriftSummary
}

/** A learning curve. Each point has a step, the mean training loss since the previous point, and the rate. */
export interface TrialCurve {
  readonly steps: readonly number[]
  readonly trainLoss: readonly number[]
  readonly lr: readonly number[]
  /** Validation losses, each after the step with the same index; absent in results of older versions of Evenstep. */
  readonly validation?: { readonly steps: readonly number[]; readonly loss: readonly number[] }
}

/** The empty learning curve, for a trial that logged no step. */
export const noCurve: TrialCurve = { steps: [], trainLoss: [], lr: [] }

export interface LayerCurve {
  readonly steps: readonly number[]
  /** lr / ‖w‖² at each point of the curve; w is the weight of the layer before the batch normalization. */
  readonly effectiveRate: readonly number[]
  /** Angle in radians by which one step turns the weight before the batch normalization, at each point. */
  readonly angle: readonly number[]
  /**
   * At each point, the angle in radians by which a step turns a weight once decay and gradients balance:
   * √(2ηλ/(1 + μ)) under SGD, √(2ηλ(1 − β₁)/(1 + β₁)) under AdamW, with rate η, decay λ and momentum μ or β₁.
   * Absent without weight decay, and where parameter groups give weights different options.
   */
  readonly equilibrium?: readonly number[]
}

/** Error of batch normalization's running statistics, compared with statistics measured anew on the training data. */
export interface DriftSummary {
  /** KL(remeasured ‖ running) in nats, averaged over a layer's channels: the maximum over the layers. */
  readonly kl: number
  /** Validation loss of the model with its running statistics. */
  readonly validationLoss: number
  /** Validation loss of the model with remeasured statistics instead of the running ones. */
  readonly recalibratedLoss: number
}
