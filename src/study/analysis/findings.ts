import type { Goal } from '../../schedule/index.ts'
import type { DriftSummary, LayerCurve, Settings, Trial, TrialResult, Value } from '../trial.ts'

/** A trial with its result. */
export type Finished = Trial & { readonly result: TrialResult }

/** An estimate with its 95 % interval, absent for a single seed. */
export interface Estimate {
  readonly value: number
  readonly interval?: readonly [low: number, high: number]
}

/** The findings of a study: all that its report shows, as plain JSON. */
export interface Findings {
  readonly name: string
  readonly metric: Objective
  /** The answer to the study's question: three sentences, with numbers. */
  readonly answer: readonly string[]
  /** The values of each factor. */
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
  /** Everything needed to run the study again. */
  readonly repeat: Repeat
}

/** The metric that trials are judged by, and whether to minimize or maximize it. */
export interface Objective {
  readonly name: string
  readonly goal: Goal
}

/** All trials of one combination of settings in one round, over seeds. */
export interface Cell {
  readonly settings: Settings
  readonly steps: number
  /** Round of a race, from 0. */
  readonly rung: number
  /** The metric of each seed that finished. */
  readonly scores: Readonly<Record<string, number>>
  /** Mean of `scores` with a bootstrap interval; absent when no seed finished. */
  readonly score?: Estimate
  readonly diverged: number
  readonly failed: number
}

/** The effect size of one factor. */
export interface Effect {
  readonly factor: string
  /** η², the fraction of the variance between cells that the factor's means explain, from 0 to 1. */
  readonly share: number
  /** The best cell of each value. */
  readonly best: readonly { readonly value: Value; readonly settings: Settings; readonly score: Estimate }[]
}

/** The fraction of the variance that two or three factors explain together beyond what they explain apart. */
export interface Interaction {
  readonly factors: readonly string[]
  readonly share: number
}

/** Usable learning rates of a group of settings: those that score within `within` of the best one. */
export interface RateWindow {
  /** Settings that the rates share: normalization, or normalization and schedule. */
  readonly group: Settings
  /** Metric that decides which rates are usable: validation accuracy if measured, else the study's. */
  readonly metric: string
  /** Greatest distance of a usable rate from the best score, in the metric's unit. */
  readonly within: number
  readonly best: { readonly lr: number; readonly score: Estimate }
  readonly low: number
  readonly high: number
  /** log10(high / low). */
  readonly decades: number
  /** Whether the window may extend beyond the rates that were tried. */
  readonly open: { readonly low: boolean; readonly high: boolean }
}

/** Two cells, compared seed by seed. */
export interface Comparison {
  readonly a: Settings
  readonly b: Settings
  /** The factor whose values are compared. */
  readonly factor: string
  /** Mean over seeds of the difference a − b in the metric. */
  readonly difference: Estimate
  readonly seeds: number
  /** Two-sided p-value of the paired test. */
  readonly p: number
  /** The p-value corrected for all comparisons of the study. */
  readonly adjusted: number
  /** The result in words: `a is better than b by …` or `no difference was shown …`. */
  readonly verdict: string
}

/** The mean training loss over seeds at the best rate of a normalization and schedule, with its 95 % band. */
export interface MeanCurve {
  readonly settings: Settings
  readonly steps: readonly number[]
  readonly mean: readonly number[]
  readonly low: readonly number[]
  readonly high: readonly number[]
}

/** The curves of the normalized layers at some settings, by path. */
export interface LayerCurves {
  readonly settings: Settings
  readonly layers: Readonly<Record<string, LayerCurve>>
}

/** The drift of the running statistics at some settings, averaged over seeds. */
export interface DriftOf extends DriftSummary {
  readonly settings: Settings
}

export interface Cost {
  readonly trials: number
  readonly done: number
  readonly diverged: number
  readonly failed: number
  readonly steps: number
  /** Seconds of training steps and of whole trials, summed over workers. */
  readonly training: number
  readonly total: number
}

export interface Repeat {
  readonly command: string
  /** The study's definition. */
  readonly study: Readonly<Record<string, unknown>>
  readonly seeds: readonly number[]
  readonly versions: Readonly<Record<string, string>>
}
