/** The value of a setting: any JSON value. */
export type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value }

/** One combination: the value of each factor. */
export type Settings = Readonly<Record<string, Value>>

/** One training run of a study, identified by its settings, seed and steps. */
export interface Trial {
  /** Number from 1, in the order in which the design asked for trials; names the run's folder. */
  readonly id: number
  readonly settings: Settings
  /** Trials that share a seed share initial weights and data order, so that they can be compared in pairs. */
  readonly seed: number
  /** Optimizer steps; the schedule is scaled to this length. */
  readonly steps: number
  /** Round of a race, from 0. */
  readonly rung: number
}

/** The result of a trial, also of one that diverged or failed. */
export interface TrialResult {
  /** `diverged`: a loss was not finite; `failed`: the trial could not be run, for the reason in `error`. */
  readonly status: 'done' | 'diverged' | 'failed'
  readonly error?: string
  /** Final `trainLoss`, `validationLoss`, `validationAccuracy` and custom metrics; empty unless done. */
  readonly metrics: Readonly<Record<string, number>>
  /** Optimizer steps taken. */
  readonly steps: number
  /** Seconds spent in training steps, and in the whole trial. */
  readonly time: { readonly training: number; readonly total: number }
  /** The learning curve, averaged down to at most 100 points. */
  readonly curve: TrialCurve
  /** Curves of each batch normalization by its path, at most 100 points, if steps were watched. */
  readonly layers?: Readonly<Record<string, LayerCurve>>
  /** Final drift of the running statistics, if watched and the model has any. */
  readonly drift?: DriftSummary
}

/** The training loss, averaged since the previous point, and the learning rate at each point. */
export interface TrialCurve {
  readonly steps: readonly number[]
  readonly trainLoss: readonly number[]
  readonly lr: readonly number[]
}

/** The curve of a trial that logged no step. */
export const noCurve: TrialCurve = { steps: [], trainLoss: [], lr: [] }

export interface LayerCurve {
  readonly steps: readonly number[]
  /** lr / ‖w‖² of the weight that feeds the layer. */
  readonly effectiveRate: readonly number[]
  /** Radians by which a step turns that weight. */
  readonly angle: readonly number[]
  /**
   * The angle, in radians, at which weight decay and gradients balance, √(2ηλ/(1 + μ)) under SGD and √(2ηλ(1 −
   * β₁)/(1 + β₁)) under AdamW; absent without weight decay, and where parameter groups give the weights
   * different options.
   */
  readonly equilibrium?: readonly number[]
}

/** Running statistics compared with statistics remeasured on the training data. */
export interface DriftSummary {
  /** KL(remeasured ‖ running) in nats, averaged over channels; the greatest over layers. */
  readonly kl: number
  /** Validation loss with the running statistics. */
  readonly validationLoss: number
  /** Validation loss with the remeasured statistics. */
  readonly recalibratedLoss: number
}
