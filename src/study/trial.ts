/** A setting's value: anything that JSON can say. */
export type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value }

/** One combination: the value of each factor. */
export type Settings = Readonly<Record<string, Value>>

/** One training run of a study, identified by its settings, seed and steps. */
export interface Trial {
  /** Counts from 1, in the order in which the design asked for trials; names the run's folder. */
  readonly id: number
  readonly settings: Settings
  /** Trials that share a seed share initial weights and data order, so that they can be compared in pairs. */
  readonly seed: number
  /** Optimizer steps; the schedule is stretched to them. */
  readonly steps: number
  /** Round of a race, from 0. */
  readonly rung: number
}

/** The outcome of a trial. A trial that diverged or failed has one, too. */
export interface TrialResult {
  /** `diverged`: a loss was not finite; `failed`: it could not be run, for the reason in `error`. */
  readonly status: 'done' | 'diverged' | 'failed'
  readonly error?: string
  /** Final `trainLoss`, `validationLoss`, `validationAccuracy` and own metrics; empty unless done. */
  readonly metrics: Readonly<Record<string, number>>
  /** Optimizer steps taken. */
  readonly steps: number
  /** Seconds spent in training steps, and in the whole trial. */
  readonly time: { readonly training: number; readonly total: number }
  /** The learning curve, thinned to a hundred points or fewer. */
  readonly curve: TrialCurve
  /** Curves of each batch normalization by its path, if steps were watched; thinned likewise. */
  readonly layers?: Readonly<Record<string, LayerCurve>>
  /** Final error of the running statistics, if the model has any. */
  readonly drift?: DriftSummary
}

/** The training loss, averaged since the previous point, and the rate at each point. */
export interface TrialCurve {
  readonly steps: readonly number[]
  readonly trainLoss: readonly number[]
  readonly lr: readonly number[]
}

export interface LayerCurve {
  readonly steps: readonly number[]
  /** lr / ‖w‖² of the weight that feeds the layer. */
  readonly effectiveRate: readonly number[]
  /** Radians by which a step turns that weight. */
  readonly angle: readonly number[]
  /**
   * The angle of equilibrium at each point, √(2ηλ/(1 + μ)) under SGD and √(2ηλ(1 − β₁)/(1 + β₁)) under AdamW;
   * absent without weight decay, and where parameter groups give the weights different options.
   */
  readonly equilibrium?: readonly number[]
}

/** Running statistics compared with those measured anew on the training data. */
export interface DriftSummary {
  /** Greatest over layers of the mean over channels of KL(true ‖ running), in nats. */
  readonly kl: number
  /** Validation loss with the running statistics, and with those measured anew. */
  readonly validationLoss: number
  readonly recalibratedLoss: number
}
