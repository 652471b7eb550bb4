import type { Settings } from '../trial.ts'

/** Settings that may be recommended, in the terms in which the prior compares them. */
export interface Contender {
  readonly settings: Settings
  /** Optimizer, if not the experiment's own, and normalization. */
  readonly kind: string
  readonly normalization: string
  readonly schedule: string
  /** log10 of the peak rate over the rate that usually suits the optimizer. */
  readonly rate: number
  /** Whether short runs try the rate: those in between are left to whole runs. */
  readonly isCoarse: boolean
  /** Weight decay as text; empty for the experiment's own. */
  readonly decay: string
  /** Whether this is the experiment as it is, of which the other fields say nothing. */
  readonly isOwn: boolean
}

/** A run of a candidate: the length is a whole run's or a short one's. */
export interface Observed {
  readonly candidate: Contender
  readonly isShort: boolean
  readonly seed: number
  /** Logarithm of the loss, or another score of which less is better. */
  readonly value: number
}
