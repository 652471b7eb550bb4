/** What a factor may be set to: anything that JSON can say. */
export type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value }

/** What a study tries once: one training run, told apart by its settings, seed and budget. */
export interface Trial {
  /** Counts from 1 in the order in which trials were asked for; the run's folder is named for it. */
  readonly id: number
  /** The value of each factor. */
  readonly settings: Readonly<Record<string, Value>>
  /** Trials of one seed share first weights and the order of the data: they are compared in pairs. */
  readonly seed: number
  /** Optimizer steps, to which the schedule is stretched. */
  readonly steps: number
  /** In a race, which round the trial belongs to, from 0. */
  readonly rung: number
}

/** What came of a trial. That it diverged or failed is a result as well. */
export interface TrialResult {
  /** `diverged`: a loss was not finite; `failed`: it could not be run, as `error` tells. */
  readonly status: 'done' | 'diverged' | 'failed'
  readonly error?: string
  /** At the end: `trainLoss`, `validationLoss`, `validationAccuracy` and the experiment's metrics. Empty unless done. */
  readonly metrics: Readonly<Record<string, number>>
  /** Optimizer steps that were taken. */
  readonly steps: number
  /** Seconds of training steps, and of the whole trial. */
  readonly time: { readonly training: number; readonly total: number }
  /** The learning curve, thinned to a hundred points or fewer. */
  readonly curve: TrialCurve
  /** Of each batch normalization, by its path, where steps were watched; thinned likewise. */
  readonly layers?: Readonly<Record<string, LayerCurve>>
  /** How far running statistics were from what they should be at the end, where the model has some. */
  readonly drift?: DriftSummary
}

/** The training loss, averaged from point to point, and the rate at each point. */
export interface TrialCurve {
  readonly steps: readonly number[]
  readonly trainLoss: readonly number[]
  readonly lr: readonly number[]
}

export interface LayerCurve {
  readonly steps: readonly number[]
  /** lr / ‖w‖² of the weight that feeds the layer. */
  readonly effectiveRate: readonly number[]
  /** By how much a step turns that weight, in radians. */
  readonly angle: readonly number[]
  /**
   * The angle of equilibrium at each point, √(2ηλ/(1 + μ)) under SGD and √(2ηλ(1 − β₁)/(1 + β₁)) under AdamW; absent
   * without weight decay, and where groups give the weights other ones.
   */
  readonly equilibrium?: readonly number[]
}

/** Running statistics against those measured anew on the training data. */
export interface DriftSummary {
  /** Greatest over layers of the mean over channels of KL(true ‖ running), in nats. */
  readonly kl: number
  /** What evaluation loses by it: validation loss as it was, and with statistics measured anew. */
  readonly validationLoss: number
  readonly recalibratedLoss: number
}
