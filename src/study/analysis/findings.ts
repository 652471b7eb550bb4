import type { Goal } from '../../schedule/index.ts'
import type { DriftSummary, LayerCurve, Settings, Trial, TrialResult, Value } from '../trial.ts'

/** A finished trial: the trial with its result. */
export type Finished = Trial & { readonly result: TrialResult }

/** An estimated mean with its 95 % confidence interval, which is absent if there was only one seed. */
export interface Estimate {
  readonly value: number
  readonly interval?: readonly [low: number, high: number]
}

/** What a study found: all that its report shows, as plain JSON. */
export interface Findings {
  readonly name: string
  readonly metric: Objective
  /** Up to three sentences, with numbers, on the best settings, the usable rates and the schedule. */
  readonly answer: readonly string[]
  /** The values tried for each factor (setting that was varied). */
  readonly factors: Readonly<Record<string, readonly Value[]>>
  readonly cells: readonly Cell[]
  readonly effects: readonly Effect[]
  readonly interactions: readonly Interaction[]
  readonly windows: readonly RateWindow[]
  readonly comparisons: readonly Comparison[]
  readonly curves: readonly MeanCurve[]
  readonly layers: readonly LayerCurves[]
  readonly drifts: readonly DriftOf[]
  readonly cost: Cost
  /** What is needed to run the study again: command, definition, seeds and versions. */
  readonly repeat: Repeat
}

/** The metric by which trials are compared, and whether to minimize or maximize it. */
export interface Objective {
  readonly name: string
  readonly goal: Goal
}

/** A summary of the trials of one combination of settings in one round, which differ only in their seeds. */
export interface Cell {
  readonly settings: Settings
  readonly steps: number
  /** Round of a race (each round keeps only the best settings), counted from 0; 0 in other designs. */
  readonly rung: number
  /** Final value of the study's metric, by seed, for each trial that neither diverged nor failed. */
  readonly scores: Readonly<Record<string, number>>
  /** Mean of `scores` with a 95 % bootstrap interval; absent if there are no scores. */
  readonly score?: Estimate
  readonly diverged: number
  readonly failed: number
}

/** How much one factor (setting that was varied) matters by itself. */
export interface Effect {
  readonly factor: string
  /** η² from 0 to 1: the fraction of the variance of scores between combinations that the factor explains. */
  readonly share: number
  /** For each value of the factor, the best combination of settings with this value. */
  readonly best: readonly { readonly value: Value; readonly settings: Settings; readonly score: Estimate }[]
}

/** The fraction of variance that two or three factors explain together beyond what they explain separately. */
export interface Interaction {
  readonly factors: readonly string[]
  readonly share: number
}

/** The usable learning rates, `low` to `high`, with some settings: they score within `within` of the best. */
export interface RateWindow {
  /** Settings for which the window holds: a normalization, or a normalization and a schedule. */
  readonly group: Settings
  /** Metric that decides which rates are usable: validation accuracy if measured, else the study's metric. */
  readonly metric: string
  /** Greatest difference between a usable rate's score and the best score, in the metric's unit. */
  readonly within: number
  readonly best: { readonly lr: number; readonly score: Estimate }
  readonly low: number
  readonly high: number
  /** Width of the window in powers of ten: log10(high / low). */
  readonly decades: number
  /** Whether no rate below (`low`) or above the window (`high`) was tried, so that it may be wider. */
  readonly open: { readonly low: boolean; readonly high: boolean }
}

/** Two combinations of settings, `a` and `b`, compared on the seeds that both were trained with. */
export interface Comparison {
  readonly a: Settings
  readonly b: Settings
  /** The factor (setting that was varied) whose values are compared. */
  readonly factor: string
  /** Mean over seeds of the difference in the metric: value for `a` minus value for `b`. */
  readonly difference: Estimate
  readonly seeds: number
  /** Two-sided p-value of a paired test over seeds, not corrected for multiple testing. */
  readonly p: number
  /** The p-value after correction for the number of comparisons in the study. */
  readonly adjusted: number
  /** The result in words: `a is better than b by …` or `no difference was shown …`. */
  readonly verdict: string
}

/** Mean training loss over seeds, with its 95 % band, of a normalization and schedule at their best rate. */
export interface MeanCurve {
  readonly settings: Settings
  readonly steps: readonly number[]
  readonly mean: readonly number[]
  readonly low: readonly number[]
  readonly high: readonly number[]
}

/** The curves of the batch normalizations in a trial with these settings, each by its path in the model. */
export interface LayerCurves {
  readonly settings: Settings
  readonly layers: Readonly<Record<string, LayerCurve>>
}

/** The drift (error of running statistics) after training with these settings, averaged over seeds. */
export interface DriftOf extends DriftSummary {
  readonly settings: Settings
}

export interface Cost {
  readonly trials: number
  readonly done: number
  readonly diverged: number
  readonly failed: number
  readonly steps: number
  /** Seconds in training steps (`training`) and in whole trials (`total`), summed over all trials. */
  readonly training: number
  readonly total: number
}

export interface Repeat {
  readonly command: string
  /** The study's definition: its options and experiment. */
  readonly study: Readonly<Record<string, unknown>>
  readonly seeds: readonly number[]
  readonly versions: Readonly<Record<string, string>>
}
