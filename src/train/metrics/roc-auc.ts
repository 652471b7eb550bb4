import { type OptionsOf, readOptions } from '../../core/options.ts'
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

export interface RocAucOptions extends OptionsOf<typeof rankingOptions> {}

/**
 * Measures the area under the ROC curve: the probability that an example of a class scores higher than an example of
 * another class; ties count half. Exact, since it keeps every score.
 *
 *     (Σ over pairs [s⁺ > s⁻] + ½[s⁺ = s⁻]) / (n⁺·n⁻)        scores s⁺ of n⁺ in the class, s⁻ of n⁻ others
 *
 * Two classes: class 1 against class 0. More classes: each class against the rest. Like scikit-learn's
 * `roc_auc_score` of softmax probabilities with `multi_class="ovr"`, but ranked by the log-odds `ln p/(1 − p)` in
 * float64, which stay distinct for probabilities near 0 and 1. With `multilabel`, ranks examples by a label's logit:
 * those with the label against those without it. NaN, with a reason, when a class has no examples or has all of them,
 * or when a score is NaN.
 */
export function rocAuc(given: RocAucOptions = {}): Metric {
  const type = 'rocAuc'
  const { average, multilabel } = readOptions(type, rankingOptions, given)
  const metric: Metric<Scores> = {
    spec: { type, average, ...(multilabel && { multilabel }) },
    ...(average !== 'none' && { goal: 'max' }),
    weighs: true,
    initial: { classes: 0, multilabel, scores: [], labels: [] },
    update: (before, predictions) => withScores(type, before, predictions),
    result: (state) => areas(state, average),
    reason: (state) => reason(state),
  }
  return metric
}

function areas(state: Scores, average: NonNullable<RocAucOptions['average']>): MetricValue {
  const classes = measuredClasses(state)
  const each = classes.map((c) => area(state, c))
  if (state.classes === 2 && !state.multilabel) return each[0]!
  if (average === 'none') return each
  const weights = average === 'macro' ? each.map(() => 1) : countsOf(state)
  const total = weights.reduce((a, b) => a + b, 0)
  return each.reduce((sum, value, c) => sum + value * weights[c]!, 0) / total
}

function reason(state: Scores): string | undefined {
  if (hasNaN(state)) return 'rocAuc: a score is NaN'
  if (state.multilabel) {
    const which = Array.from({ length: state.classes }, (_, c) => c).filter((c) =>
      Number.isNaN(area(state, c)),
    )
    return which.length === 0 ? undefined : `rocAuc: every example or none has label ${which.join(', ')}`
  }
  const counts = countsOf(state)
  if (counts.every((n) => n === 0)) return 'rocAuc: no target counts'
  const only = counts.filter((n) => n > 0).length === 1
  if (only) return `rocAuc: every label is ${counts.findIndex((n) => n > 0)}; it compares two classes`
  const empty = counts.flatMap((n, c) => (n === 0 ? [c] : []))
  return empty.length === 0 ? undefined : `rocAuc: no example of class ${empty.join(', ')}`
}

/** Returns the area under the ROC curve of class or label `c`. */
const area = (state: Scores, c: number): number => pairs(sortedScores(state, c))

/** Returns the fraction of pairs of scores with own > other, each of the product of its weights; ties count half. */
function pairs({ own, others }: SortedScores): number {
  const [a, b] = [own.scores, others.scores]
  if (Number.isNaN(a.at(-1)) || Number.isNaN(b.at(-1))) return Number.NaN
  let [below, upTo] = [0, 0] // places
  let [lost, met, won] = [0, 0, 0] // weights
  for (const [place, score] of a.entries()) {
    while (below < b.length && b[below]! < score) lost += weightAt(others, below++)
    while (upTo < b.length && b[upTo]! <= score) met += weightAt(others, upTo++)
    won += (weightAt(own, place) * (lost + met)) / 2
  }
  return won / (totalOf(own) * totalOf(others))
}
