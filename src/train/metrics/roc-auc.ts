import { choice, type OptionsOf, readOptions } from '../../core/options.ts'
import { type ClassScores, classScores } from './labels.ts'
import type { Metric, MetricValue } from './metric.ts'

const options = {
  /**
   * How more than two classes become one number: `macro`, the mean; `weighted`, the mean weighted by how many
   * examples have the label; `none`, a list. @default 'macro'
   */
  average: choice(['macro', 'weighted', 'none'], 'macro'),
}

export interface RocAucOptions extends OptionsOf<typeof options> {}

/** All scores, a chunk for each batch: those of one class, or of every class. */
interface Scores {
  readonly classes: number
  readonly scores: readonly Float64Array[]
  readonly labels: readonly Int32Array[]
}

/**
 * Measures the area under the ROC curve: how likely an example of a class scores higher than one of the others,
 * where equal scores count half. Exact: it keeps every score.
 *
 *     (Σ over pairs [s⁺ > s⁻] + ½[s⁺ = s⁻]) / (n⁺·n⁻)
 *
 * With two classes, it is that of class 1; with more, that of each against the rest. As scikit-learn's
 * `roc_auc_score` of the softmax of the outputs with `multi_class="ovr"`; ranked by the log-odds `ln p/(1 − p)`
 * in float64, which no probability near 0 or 1 makes equal. NaN, with its reason, where a class has no examples
 * or all of them, or a score is NaN.
 */
export function rocAuc(given: RocAucOptions = {}): Metric {
  const type = 'rocAuc'
  const { average } = readOptions(type, options, given)
  const metric: Metric<Scores> = {
    spec: { type, average },
    ...(average !== 'none' && { goal: 'max' }),
    initial: { classes: 0, scores: [], labels: [] },
    update(before, predictions) {
      const rows = classScores(type, predictions)
      return {
        classes: rows.classes,
        scores: [...before.scores, logOdds(rows)],
        labels: [...before.labels, rows.labels],
      }
    },
    result: (state) => areas(state, average),
    reason,
  }
  return metric
}

function areas(state: Scores, average: NonNullable<RocAucOptions['average']>): MetricValue {
  if (state.classes === 2) return area(state, 1, 0, 1)
  const each = Array.from({ length: state.classes }, (_, c) => area(state, c, c, state.classes))
  if (average === 'none') return each
  const weights = average === 'macro' ? each.map(() => 1) : countsOf(state)
  const total = weights.reduce((a, b) => a + b, 0)
  return each.reduce((sum, value, c) => sum + value * weights[c]!, 0) / total
}

function reason(state: Scores): string | undefined {
  if (state.scores.some((chunk) => chunk.some(Number.isNaN))) return 'rocAuc: a score is NaN'
  const counts = countsOf(state)
  const only = counts.filter((n) => n > 0).length === 1
  if (only) return `rocAuc: every label is ${counts.findIndex((n) => n > 0)}; it compares two classes`
  const empty = counts.flatMap((n, c) => (n === 0 ? [c] : []))
  return empty.length === 0 ? undefined : `rocAuc: no example of class ${empty.join(', ')}`
}

function countsOf({ classes, labels }: Scores): number[] {
  const counts = new Array<number>(classes).fill(0)
  for (const chunk of labels) for (const label of chunk) counts[label]!++
  return counts
}

/** The area of one class, whose scores are a column among `columns`. */
function area({ scores, labels }: Scores, positive: number, column: number, columns: number): number {
  const [own, others]: [number[], number[]] = [[], []]
  for (const [k, chunk] of labels.entries()) {
    const odds = scores[k]!
    for (let i = 0; i < chunk.length; i++)
      (chunk[i] === positive ? own : others).push(odds[i * columns + column]!)
  }
  return pairs(Float64Array.from(own).sort(), Float64Array.from(others).sort())
}

/** Share of the pairs where a is greater than b, equal ones counting half. Both ascend; NaNs come last. */
function pairs(a: Float64Array, b: Float64Array): number {
  if (Number.isNaN(a.at(-1)) || Number.isNaN(b.at(-1))) return Number.NaN
  let [below, upTo, won] = [0, 0, 0]
  for (const score of a) {
    while (below < b.length && b[below]! < score) below++
    while (upTo < b.length && b[upTo]! <= score) upTo++
    won += (below + upTo) / 2
  }
  return won / (a.length * b.length)
}

/** `ln p/(1 − p)` of each class, or of class 1 alone where there are two. */
function logOdds({ columns, classes, labels, scores }: ClassScores): Float64Array {
  if (columns === 1) return Float64Array.from(scores)
  if (classes === 2) return Float64Array.from(labels, (_, i) => scores[2 * i + 1]! - scores[2 * i]!)
  const odds = new Float64Array(labels.length * columns)
  const gaps = new Float64Array(columns)
  for (let i = 0; i < odds.length; i += columns) {
    let top = scores[i]!
    for (let c = 1; c < columns; c++) top = Math.max(top, scores[i + c]!)
    for (let c = 0; c < columns; c++) gaps[c] = scores[i + c]! - top
    // Relative to the greatest, whose own e⁰ = 1 is kept apart: 1 − p then loses no digits. In the order of
    // size: rows of the same numbers give the same odds.
    const sorted = gaps.map((gap) => Math.exp(gap)).sort()
    let rest = 0
    for (let c = 0; c < columns - 1; c++) rest += sorted[c]!
    for (let c = 0; c < columns; c++) {
      const gap = gaps[c]!
      odds[i + c] = gap - Math.log(gap === 0 ? rest : 1 + (rest - Math.exp(gap)))
    }
  }
  return odds
}
