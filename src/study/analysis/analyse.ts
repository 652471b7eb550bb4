import { answerOf } from './answer.ts'
import { cellsOf, statusCount } from './cells.ts'
import { comparisonsOf } from './comparisons.ts'
import { bestTrials, layerCurves, meanCurve, meanDrift } from './curves.ts'
import { effectsOf, interactionsOf } from './effects.ts'
import type { Cell, Cost, Findings, Finished } from './findings.ts'
import type { Looks } from './looks.ts'
import { toleranceOf, windowsOf } from './rate-window.ts'

/** Facts about a study that its analysis needs, apart from its trials. */
export interface StudyFacts extends Pick<Findings, 'name' | 'metric' | 'factors' | 'repeat'> {
  /** Factors (varied settings) with values drawn from a range, which recur too seldom to compare. @default none */
  readonly drawn?: readonly string[]
  /** Numbers of seeds after which the study looks whether a comparison needs more. @default a fixed number of seeds */
  readonly looks?: Looks
}

/**
 * Analyses the finished trials of a study.
 *
 * In a race, each round trains fewer combinations of settings for longer. Effects of factors and windows of
 * usable rates are computed from the round with the most combinations (in a race, the first); best settings,
 * comparisons and curves from the last round.
 */
export function analyse(facts: StudyFacts, finished: readonly Finished[]): Findings {
  const { name, metric, factors, drawn = [], repeat, looks } = facts
  const cells = cellsOf(finished, metric.name, looks)
  const [widest, lastRound] = roundsOf(cells)
  const varied = Object.keys(factors).filter((factor) => factors[factor]!.length > 1)
  const listed = varied.filter((factor) => !drawn.includes(factor))
  const wide = cells.filter(({ rung }) => rung === widest)
  const last = cells.filter(({ rung }) => rung === lastRound)
  const grouping = ['normalization', 'schedule'].filter((factor) => varied.includes(factor))
  const groups = grouping.length > 1 ? [['normalization'], grouping] : [grouping]
  const tolerance = toleranceOf(finished, metric.name, metric.goal)
  const tried = finished.filter(({ rung }) => rung === widest)
  const trials = bestTrials(last, finished, metric.goal)
  const findings: Omit<Findings, 'answer'> = {
    name,
    metric,
    factors,
    cells,
    effects: effectsOf(wide, listed, metric.goal),
    interactions: interactionsOf(wide, listed, metric.goal),
    windows: varied.includes('lr') ? groups.flatMap((group) => windowsOf(tried, group, tolerance)) : [],
    ...(looks && { looks }),
    comparisons: comparisonsOf(last, listed, metric, looks),
    curves: trials.map(meanCurve),
    layers: trials.flatMap(layerCurves),
    drifts: trials.flatMap(meanDrift),
    cost: costOf(finished),
    repeat,
  }
  return { ...findings, answer: answerOf(findings, last, wide) }
}

/** Returns the numbers of the round with the most combinations (the first if tied) and of the last round. */
function roundsOf(cells: readonly Cell[]): readonly [widest: number, last: number] {
  const sizes = new Map<number, number>()
  for (const { rung } of cells) sizes.set(rung, (sizes.get(rung) ?? 0) + 1)
  const [widest] = [...sizes].sort(([, a], [, b]) => b - a)[0] ?? [0]
  return [widest, Math.max(0, ...sizes.keys())]
}

function costOf(finished: readonly Finished[]): Cost {
  const sum = (of: (one: Finished) => number): number => finished.reduce((total, one) => total + of(one), 0)
  return {
    trials: finished.length,
    done: statusCount(finished, 'done'),
    diverged: statusCount(finished, 'diverged'),
    failed: statusCount(finished, 'failed'),
    steps: sum(({ result }) => result.steps),
    training: sum(({ result }) => result.time.training),
    total: sum(({ result }) => result.time.total),
  }
}
