import type { DriftSummary, LayerCurve, Trial, TrialResult, Value } from '../trial.ts'

/** A trial with what came of it. */
export type Finished = Trial & { readonly result: TrialResult }

/** An estimate with its 95 % interval, which one seed does not give. */
export interface Estimate {
  readonly value: number
  readonly interval?: readonly [low: number, high: number]
}

/** What a study found: everything that its report shows, as plain JSON. */
export interface Findings {
  readonly name: string
  /** What trials are judged by, and whether less or more of it is better. */
  readonly metric: { readonly name: string; readonly goal: 'min' | 'max' }
  /** The question's answer: three sentences, with numbers. */
  readonly answer: readonly string[]
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
  /** All that it takes to run the study again. */
  readonly repeat: Repeat
}

/** All trials of one combination of settings and one round, over seeds. */
export interface Cell {
  readonly settings: Readonly<Record<string, Value>>
  readonly steps: number
  /** In a race, which round it was, from 0. */
  readonly rung: number
  /** The metric of each seed that was done. */
  readonly scores: Readonly<Record<string, number>>
  /** Their mean with a bootstrap interval; absent when no seed was done. */
  readonly score?: Estimate
  readonly diverged: number
  readonly failed: number
}

/** How much one factor matters. */
export interface Effect {
  readonly factor: string
  /** The share of the variance between cells that the factor's means explain, η² in 0 … 1. */
  readonly share: number
  /** For each value, the best cell that has it. */
  readonly best: readonly {
    readonly value: Value
    readonly settings: Cell['settings']
    readonly score: Estimate
  }[]
}

/** How much of the variance two or three factors explain together beyond what they explain apart. */
export interface Interaction {
  readonly factors: readonly string[]
  readonly share: number
}

/** The rates that may be used: those that score within `within` of the best rate of their group. */
export interface RateWindow {
  /** The settings that the rates have in common: normalisation, or normalisation and schedule. */
  readonly group: Readonly<Record<string, Value>>
  /** What usable rates are told by: the accuracy where there is one, or else the study's metric. */
  readonly metric: string
  /** How much worse than the best a usable rate may be, in the metric's unit. */
  readonly within: number
  readonly best: { readonly lr: number; readonly score: Estimate }
  readonly low: number
  readonly high: number
  /** log10(high / low). */
  readonly decades: number
  /** Whether the window may reach beyond the rates that were tried. */
  readonly open: { readonly low: boolean; readonly high: boolean }
}

/** Two cells, compared seed by seed. */
export interface Comparison {
  readonly a: Cell['settings']
  readonly b: Cell['settings']
  /** What the two differ in. */
  readonly factor: string
  /** a − b in the metric: mean over seeds. */
  readonly difference: Estimate
  readonly seeds: number
  /** Two-sided, of the paired test; and corrected for all comparisons of the study. */
  readonly p: number
  readonly adjusted: number
  /** In words: `a is better than b by …` or `no difference was shown`. */
  readonly verdict: string
}

/** Mean and 95 % band over seeds of the training loss, at the best rate of each normalisation and schedule. */
export interface MeanCurve {
  readonly settings: Cell['settings']
  readonly steps: readonly number[]
  readonly mean: readonly number[]
  readonly low: readonly number[]
  readonly high: readonly number[]
}

/** What a trial's normalised layers did over time. */
export interface LayerCurves {
  readonly settings: Cell['settings']
  readonly layers: Readonly<Record<string, LayerCurve>>
}

/** The drift of running statistics by settings: means over seeds. */
export interface DriftOf extends DriftSummary {
  readonly settings: Cell['settings']
}

export interface Cost {
  readonly trials: number
  readonly done: number
  readonly diverged: number
  readonly failed: number
  readonly steps: number
  /** Seconds of training steps and of whole trials, added up over workers. */
  readonly training: number
  readonly total: number
}

export interface Repeat {
  readonly command: string
  /** The study as it was asked for. */
  readonly study: Readonly<Record<string, unknown>>
  readonly seeds: readonly number[]
  readonly versions: Readonly<Record<string, string>>
}
