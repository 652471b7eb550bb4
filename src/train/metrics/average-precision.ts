import { type OptionsOf, readOptions } from '../../core/options.ts'
import { zeroDivisionOption } from './labels.ts'
import type { Metric, MetricValue } from './metric.ts'
import {
  countsOf,
  hasNaN,
  measuredClasses,
  rankingOptions,
  type Scores,
  type SortedScores,
  sortedScores,
  totalOf,
  weightAt,
  withScores,
} from './ranking.ts'

const options = { ...rankingOptions, ...zeroDivisionOption }

export interface AveragePrecisionOptions extends OptionsOf<typeof options> {}

/**
 * Measures average precision, the area under the curve of precision over recall (PR-AUC), 0 to 1. Exact, since it
 * keeps every score. Unlike ROC-AUC, it depends on the share of the class: a random ranking has that share as value.
 *
 *     Σ (Rₖ − Rₖ₋₁)·Pₖ        precision Pₖ and recall Rₖ of all examples that score at least the k-th highest score
 *
 * With two classes, of class 1; with more, of each class against the rest. Like scikit-learn's
 * `average_precision_score` of softmax probabilities, but ranked by the log-odds `ln p/(1 − p)` in float64, which
 * stay distinct for probabilities near 0 and 1. With `multilabel`, ranks the examples of each label by its logit.
 * `zeroDivision` is the value of a class without examples. NaN, with a reason, when a score is NaN.
 */
export function averagePrecision(given: AveragePrecisionOptions = {}): Metric {
  const type = 'averagePrecision'
  const { average, multilabel, zeroDivision } = readOptions(type, options, given)
  const result = (state: Scores): MetricValue => {
    const zero = hasNone(state) ? Number.NaN : Number(zeroDivision)
    const classes = measuredClasses(state)
    const each = classes.map((c) => area(sortedScores(state, c), zero))
    if (state.classes === 2 && !multilabel) return each[0]!
    if (average === 'none') return each
    const counts = countsOf(state)
    const kept = zeroDivision === 'nan' ? classes.filter((c) => counts[c]! > 0) : classes
    const weights = kept.map((c) => (average === 'macro' ? 1 : counts[c]!))
    const total = sum(weights)
    return total === 0 ? zero : sum(kept.map((c, i) => each[c]! * weights[i]!)) / total
  }
  const metric: Metric<Scores> = {
    spec: { type, average, zeroDivision, ...(multilabel && { multilabel }) },
    ...(average !== 'none' && { goal: 'max' }),
    weighs: true,
    initial: { classes: 0, multilabel, scores: [], labels: [] },
    update: (before, predictions) => withScores(type, before, predictions),
    result,
    reason(state) {
      const why = reasonOf(state, zeroDivision)
      if (why === undefined || ![result(state)].flat(2).some(Number.isNaN)) return undefined
      return `${type}: ${why}`
    },
  }
  return metric
}

/** Returns why a result may be NaN; undefined when it cannot be. */
function reasonOf(state: Scores, zeroDivision: AveragePrecisionOptions['zeroDivision']): string | undefined {
  if (hasNone(state)) return 'no target counts'
  if (hasNaN(state)) return 'a score is NaN'
  return zeroDivision === 'nan' ? '0/0, as zeroDivision asks' : undefined
}

/** Whether no target counts. */
const hasNone = ({ labels }: Scores): boolean => !labels.some((chunk) => chunk.some((label) => label >= 0))

/** Returns the average precision of a class; `zero` for a class without examples. */
function area({ own, others }: SortedScores, zero: number): number {
  const [a, b] = [own.scores, others.scores]
  if (Number.isNaN(a.at(-1)) || Number.isNaN(b.at(-1))) return Number.NaN
  if (a.length === 0) return zero
  let [left, above] = [a.length - 1, b.length - 1] // places
  let [found, wrong, total] = [0, 0, 0] // weights
  while (left >= 0) {
    const before = found
    const score = a[left]!
    while (left >= 0 && a[left] === score) found += weightAt(own, left--)
    while (above >= 0 && b[above]! >= score) wrong += weightAt(others, above--)
    total += ((found - before) * found) / (found + wrong)
  }
  return total / totalOf(own)
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
