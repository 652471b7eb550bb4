import { answerOf } from './answer.ts'
import { cellsOf, groupedBy } from './cells.ts'
import { comparisonsOf, type Metric } from './comparisons.ts'
import { bestTrials, layerCurves, meanCurve, meanDrift } from './curves.ts'
import { effectsOf, interactionsOf } from './effects.ts'
import type { Cell, Cost, Findings, Finished, Repeat } from './findings.ts'
import { toleranceOf, windowsOf } from './rate-window.ts'
import type { Value } from './trial.ts'

/** What an analysis knows of a study besides its trials. */
export interface Subject {
  readonly name: string
  readonly metric: Metric
  /** The values of each factor. */
  readonly factors: Readonly<Record<string, readonly Value[]>>
  readonly repeat: Repeat
}

/**
 * What the finished trials of a study say.
 *
 * Effects and rate windows are of the budget that most settings were tried with, which in a race is the first; the best
 * settings, comparisons and curves of the largest one.
 */
export function analyse(subject: Subject, finished: readonly Finished[]): Findings {
  const { name, metric, factors, repeat } = subject
  const cells = cellsOf(finished, metric.name)
  const [widest, longest] = [budgetOf(cells, 'widest'), budgetOf(cells, 'longest')]
  const varied = Object.keys(factors).filter((factor) => factors[factor]!.length > 1)
  const tolerance = toleranceOf(finished, metric.name, metric.goal)
  const wide = finished.filter(({ steps }) => steps === widest)
  const last = cells.filter(({ steps }) => steps === longest)
  const grouping = varied.filter((factor) => factor === 'normalization' || factor === 'schedule')
  const trials = bestTrials(last, finished, metric.goal)
  const findings: Omit<Findings, 'answer'> = {
    name,
    metric,
    factors,
    cells,
    effects: effectsOf(
      cells.filter(({ steps }) => steps === widest),
      varied,
      metric.goal,
    ),
    interactions: interactionsOf(
      cells.filter(({ steps }) => steps === widest),
      varied,
      metric.goal,
    ),
    windows: varied.includes('lr')
      ? [...new Set([grouping.slice(0, 1), grouping])].flatMap((group) => windowsOf(wide, group, tolerance))
      : [],
    comparisons: comparisonsOf(last, varied, metric),
    curves: trials.map(meanCurve),
    layers: trials.flatMap(layerCurves),
    drifts: trials.flatMap(meanDrift),
    cost: costOf(finished),
    repeat,
  }
  return { ...findings, answer: answerOf(findings, last) }
}

/** The budget with most cells, or the largest. */
function budgetOf(cells: readonly Cell[], which: 'widest' | 'longest'): number {
  const budgets = [...groupedBy(cells, ({ steps }) => String(steps))].map(([steps, group]) => [
    Number(steps),
    group.length,
  ])
  const by = which === 'widest' ? 1 : 0
  return budgets.reduce((best, one) => (one[by]! > best[by]! ? one : best), [0, 0])[0]!
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
