import type { Goal } from '../../schedule/index.ts'
import type { Evaluation } from '../../train/evaluation.ts'
import type { DriftSummary, LayerCurve, Settings, Trial, TrialResult, Value } from '../trial.ts'

/** A finished trial: the trial with its result. */
export type Finished = Trial & { readonly result: TrialResult }

/** An estimated mean with its 95 % confidence interval, which is absent if there was only one seed. */
export interface Estimate {
  readonly value: number
  readonly interval?: readonly [low: number, high: number]
}

/** The results of a study, as plain JSON: all that its report shows. */
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
  /** Numbers of seeds after which the study looks whether a comparison needs more; absent for a fixed number. */
  readonly looks?: readonly number[]
  readonly curves: readonly MeanCurve[]
  readonly layers: readonly LayerCurves[]
  readonly drifts: readonly DriftOf[]
  /** Winners measured on test data, oldest first; absent if none was. A study that has grown may have another winner. */
  readonly tests?: readonly WinnerTest[]
  /** Part of the data on which `metric` is measured, which chose; absent without `tests`, on which nothing chose. */
  readonly chosenOn?: 'train' | 'validation'
  readonly cost: Cost
  /** All that is needed to run the study again: command, definition, seeds and versions. */
  readonly repeat: Repeat
}

/**
 * The model of a winning trial, measured on test data, on which nothing was chosen. Of the winner's trials it is the one
 * with the lowest seed.
 */
export interface WinnerTest extends Evaluation, Pick<Trial, 'settings' | 'seed' | 'steps'> {
  readonly part: 'test'
  /** Number of the trial. */
  readonly trial: number
  /** Number of test examples; absent for a stream. */
  readonly examples?: number
  /** Hash of the test data, or of what a stream says of itself. */
  readonly data: string
}

/** The metric by which trials are compared, and whether to minimize or maximize it. */
export interface Objective {
  readonly name: string
  readonly goal: Goal
}

/** Summary of a cell: the trials of one combination of settings in one round, one trial per seed. */
export interface Cell {
  readonly settings: Settings
  readonly steps: number
  /** Round of a race (each round keeps only the best settings), counted from 0; 0 in other designs. */
  readonly rung: number
  /** Maps the seed of each trial that neither diverged nor failed to the final value of the study's metric. */
  readonly scores: Readonly<Record<string, number>>
  /** Mean of `scores` with a 95 % interval: by bootstrap, or by Student's t where the study looks at several numbers. */
  readonly score?: Estimate
  /** In a study that looks: mean of `scores` over the seeds of the first look, by which settings are chosen. */
  readonly choice?: number
  readonly diverged: number
  readonly failed: number
}

/** Effect of one factor (setting that was varied) by itself: how much the score depends on it. */
export interface Effect {
  readonly factor: string
  /** η² from 0 to 1: the fraction of the variance of scores between combinations that the factor explains. */
  readonly share: number
  /** For each value of the factor, the best combination of settings with this value. */
  readonly best: readonly { readonly value: Value; readonly settings: Settings; readonly score: Estimate }[]
}

/** Interaction of two or three factors: the fraction of the variance of scores that they explain only together. */
export interface Interaction {
  readonly factors: readonly string[]
  readonly share: number
}

/** A range of usable learning rates, `low` to `high`: their scores differ by at most `within` from the best. */
export interface RateWindow {
  /** Settings for which these rates are usable: a normalization, or a normalization and a schedule. */
  readonly group: Settings
  /** Metric by which rates count as usable: validation accuracy if measured, else the study's metric. */
  readonly metric: string
  /** Maximum difference between a usable rate's score and the best score, in the metric's unit. */
  readonly within: number
  readonly best: { readonly lr: number; readonly score: Estimate }
  readonly low: number
  readonly high: number
  /** Width of the window in powers of ten: log10(high / low). */
  readonly decades: number
  /** Whether the range may extend below `low` or above `high`, since no rate was tried there. */
  readonly open: { readonly low: boolean; readonly high: boolean }
}

/** Whether seeds showed what is claimed, showed that it does not hold, or showed neither. */
export type Verdict = 'shown' | 'shown otherwise' | 'not shown'

/** A comparison of two combinations of settings, `a` and `b`, on the seeds that both were trained with. */
export interface Comparison {
  readonly a: Settings
  readonly b: Settings
  /** The factor (setting that was varied) whose values are compared. */
  readonly factor: string
  /** Difference in the metric, averaged over seeds: value with settings `a` minus value with settings `b`. */
  readonly difference: Estimate
  readonly seeds: number
  /** Two-sided p-value of a paired test over seeds, not corrected for multiple testing. */
  readonly p: number
  /** The p-value after correction for the number of comparisons in the study. */
  readonly adjusted: number
  /** In a study that looks: what the seeds showed about `a`, the best by the first look, being better than `b`. */
  readonly shown?: Verdict
  /** In a study that looks: whether it is worth training `a` and `b` with more seeds. */
  readonly open?: boolean
  /** The result of the comparison in words: `a is better than b by …` or `no difference was shown …`. */
  readonly verdict: string
}

/** A loss over steps: mean over seeds, with a 95 % band. */
export interface Band {
  readonly steps: readonly number[]
  readonly mean: readonly number[]
  readonly low: readonly number[]
  readonly high: readonly number[]
}

/** Learning curve, of training losses, of a normalization and schedule at their best rate. */
export interface MeanCurve extends Band {
  readonly settings: Settings
  /** Validation losses; absent if the trials come from a version of Evenstep that did not keep them. */
  readonly validation?: Band
}

/** Curves logged for each batch normalization of a trial, by the layer's path in the model. */
export interface LayerCurves {
  readonly settings: Settings
  readonly layers: Readonly<Record<string, LayerCurve>>
}

/** The drift (error of batch normalization's running statistics) after training, averaged over seeds. */
export interface DriftOf extends DriftSummary {
  readonly settings: Settings
}

export interface Cost {
  readonly trials: number
  readonly done: number
  readonly diverged: number
  readonly failed: number
  readonly steps: number
  /** Seconds spent in training steps (`training`) and in whole trials (`total`), summed over all trials. */
  readonly training: number
  readonly total: number
}

export interface Repeat {
  readonly command: string
  /** The study's definition as JSON: its options and its experiment. */
  readonly study: Readonly<Record<string, unknown>>
  readonly seeds: readonly number[]
  readonly versions: Readonly<Record<string, string>>
}
