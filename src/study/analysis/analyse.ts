import type { Value } from '../trial.ts'
import { answerOf } from './answer.ts'
import { cellsOf, groupedBy } from './cells.ts'
import { comparisonsOf, type JudgedMetric } from './comparisons.ts'
import { bestTrials, layerCurves, meanCurve, meanDrift } from './curves.ts'
import { effectsOf, interactionsOf } from './effects.ts'
import type { Cell, Cost, Findings, Finished, Repeat } from './findings.ts'
import { toleranceOf, windowsOf } from './rate-window.ts'

/** What an analysis knows of a study besides its trials. */
export interface StudyFacts {
  readonly name: string
  readonly metric: JudgedMetric
  /** The values of each factor. */
  readonly factors: Readonly<Record<string, readonly Value[]>>
  /** Factors of which any number between two was tried, each once: they have no values to compare. None. */
  readonly drawn?: readonly string[]
  readonly repeat: Repeat
}

/**
 * What the finished trials of a study say.
 *
 * Effects and rate windows are of the round that most settings were tried in, which in a race is the first; the best
 * settings, comparisons and curves of the last one.
 */
export function analyse(subject: StudyFacts, finished: readonly Finished[]): Findings {
  const { name, metric, factors, drawn = [], repeat } = subject
  const cells = cellsOf(finished, metric.name)
  const [widest, lastRung] = rungsOf(cells)
  const varied = Object.keys(factors).filter((factor) => factors[factor]!.length > 1)
  const listed = varied.filter((factor) => !drawn.includes(factor))
  const wide = cells.filter(({ rung }) => rung === widest)
  const last = cells.filter(({ rung }) => rung === lastRung)
  const grouping = ['normalization', 'schedule'].filter((factor) => varied.includes(factor))
  const groups = grouping.length > 1 ? [grouping.slice(0, 1), grouping] : [grouping]
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
    comparisons: comparisonsOf(last, listed, metric),
    curves: trials.map(meanCurve),
    layers: trials.flatMap(layerCurves),
    drifts: trials.flatMap(meanDrift),
    cost: costOf(finished),
    repeat,
  }
  return { ...findings, answer: answerOf(findings, { last, wide }) }
}

/** The round with most cells, and the last one. */
function rungsOf(cells: readonly Cell[]): readonly [widest: number, last: number] {
  const rungs = [...groupedBy(cells, ({ rung }) => String(rung)).values()]
  const widest = rungs.reduce<readonly Cell[]>(
    (most, group) => (group.length > most.length ? group : most),
    [],
  )
  return [widest[0]?.rung ?? 0, Math.max(0, ...rungs.map(([first]) => first!.rung))]
}

function costOf(finished: readonly Finished[]): Cost {
  const count = (status: string): number => finished.filter(({ result }) => result.status === status).length
  const sum = (of: (one: Finished) => number): number => finished.reduce((total, one) => total + of(one), 0)
  return {
    trials: finished.length,
    done: count('done'),
    diverged: count('diverged'),
    failed: count('failed'),
    steps: sum(({ result }) => result.steps),
    training: sum(({ result }) => result.time.training),
    total: sum(({ result }) => result.time.total),
  }
}
