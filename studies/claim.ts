/** A published claim about normalization and learning rates, and the experiment that tests it. */
export interface Claim {
  /** Tier and number: S for exact identities, A for closed-form predictions, B for robust effects. */
  readonly id: string
  /** One line. */
  readonly title: string
  /** The publication, as 'Li & Arora 2019, arXiv 1910.07454, theorem 1'. */
  readonly source: string
  /** The paper's statement, with its numbers. */
  readonly says: string
  /** Whether there is no smaller form; another claim's covers the same code. @default false */
  readonly onlyFull?: true
  /** Runs the experiment. `quick` is the smaller form, for tests; `full` is the one in docs/science.md. */
  run(scale: Scale): Promise<Outcome>
}

export type Scale = 'quick' | 'full'

export interface Outcome {
  /** Named numbers, in reading order. */
  readonly measured: readonly Measure[]
  /** Conditions that must all hold for the claim to count as reproduced. */
  readonly checks: readonly Check[]
  /** Ratios of arms, seed by seed; `checks` judges those of which the claim says something. */
  readonly effects?: readonly Effect[]
  /** What did not reproduce, or differs from the paper. */
  readonly remark?: string
}

export interface Measure {
  readonly name: string
  readonly value: number | readonly number[]
  readonly unit?: string
  /** The value according to the paper or its formula. */
  readonly expected?: string
}

/** A ratio of two arms, seed by seed, and what a claim says of it. */
export interface Effect {
  /** The two arms and what is compared: 'steps to a loss of 0.25, BN to none'. */
  readonly what: string
  /** Natural logarithm of the ratio for each seed; null where one of the two runs diverged. */
  readonly logRatios: readonly (number | null)[]
  /** Numbers of seeds with which only the first, or only the second arm diverged or did not get there; absent if 0. */
  readonly lost?: readonly [first: number, second: number]
  /** Where the ratio lies according to the claim: on a side of 1, or from ½ to 2; absent if the claim says nothing of it. */
  readonly wanted?: 'below 1' | 'above 1' | 'within 2'
}

export interface Check {
  /** The condition with its numbers: 'greatest |cos| 2.1e-16 < 1e-12'. */
  readonly what: string
  readonly ok: boolean
  /** What 95 % intervals over seeds say: 'shown', 'shown otherwise' or 'not shown with 12 seeds'. */
  readonly says?: string
}

export const check = (what: string, ok: boolean): Check => ({ what, ok })
