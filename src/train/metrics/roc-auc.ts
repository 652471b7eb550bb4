import { choice, type OptionsOf, readOptions } from '../../core/options.ts'
import { type ClassScores, classScores, labelScores, multilabelOption } from './labels.ts'
import type { Metric, MetricValue, Predictions } from './metric.ts'

const options = {
  /**
   * How to average the areas of three or more classes, or of the labels of `multilabel`. `macro`: the mean;
   * `weighted`: the mean weighted by the number of examples with each label; `none`: a list with one number per
   * class. @default 'macro'
   */
  average: choice(['macro', 'weighted', 'none'], 'macro'),
  ...multilabelOption,
}

export interface RocAucOptions extends OptionsOf<typeof options> {}

/** Log-odds and labels of all examples seen so far, as one array of each kind per batch. */
interface Scores {
  /** Number of classes, or of labels that an example may have at once. */
  readonly classes: number
  readonly multilabel: boolean
  /** Log-odds, example by example: with two classes, only of class 1; otherwise of each class or label. */
  readonly scores: readonly Float64Array[]
  /** Class of each example; with `multilabel`, whether each label applies: 1, 0, or −1 if it is ignored. */
  readonly labels: readonly (Int32Array | Int8Array)[]
}

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
  const { average, multilabel } = readOptions(type, options, given)
  const metric: Metric<Scores> = {
    spec: { type, average, ...(multilabel && { multilabel }) },
    ...(average !== 'none' && { goal: 'max' }),
    initial: { classes: 0, multilabel, scores: [], labels: [] },
    update(before, predictions) {
      const { classes, scores, labels } = multilabel ? logits(predictions) : ranked(predictions)
      return { ...before, classes, scores: [...before.scores, scores], labels: [...before.labels, labels] }
    },
    result: (state) => areas(state, average),
    reason: (state) => reason(state),
  }
  return metric
}

type Ranked = { readonly [K in 'scores' | 'labels']: Scores[K][number] } & Pick<Scores, 'classes'>

function ranked(predictions: Predictions): Ranked {
  const rows = classScores('rocAuc', predictions)
  return { classes: rows.classes, scores: logOdds(rows), labels: rows.labels }
}

function logits(predictions: Predictions): Ranked {
  const { columns, scores, truth } = labelScores('rocAuc', predictions)
  return { classes: columns, scores: Float64Array.from(scores), labels: truth }
}

function areas(state: Scores, average: NonNullable<RocAucOptions['average']>): MetricValue {
  const { classes, multilabel } = state
  if (classes === 2 && !multilabel) return area(state, 1)
  const each = Array.from({ length: classes }, (_, c) => area(state, c))
  if (average === 'none') return each
  const weights = average === 'macro' ? each.map(() => 1) : countsOf(state)
  const total = weights.reduce((a, b) => a + b, 0)
  return each.reduce((sum, value, c) => sum + value * weights[c]!, 0) / total
}

function reason(state: Scores): string | undefined {
  if (state.scores.some((chunk) => chunk.some(Number.isNaN))) return 'rocAuc: a score is NaN'
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

/** Returns the number of examples of each class, or with each label. */
function countsOf({ classes, labels, multilabel }: Scores): number[] {
  const counts = new Array<number>(classes).fill(0)
  for (const chunk of labels) {
    for (const [i, label] of chunk.entries()) {
      if (!multilabel) counts[label]!++
      else if (label > 0) counts[i % classes]!++
    }
  }
  return counts
}

/** Returns the area under the ROC curve of class or label `c`. */
function area({ scores, labels, classes, multilabel }: Scores, c: number): number {
  const [own, others]: [number[], number[]] = [[], []]
  const columns = classes === 2 && !multilabel ? 1 : classes
  const column = columns === 1 ? 0 : c
  for (const [k, odds] of scores.entries()) {
    for (let row = 0; row < odds.length / columns; row++) {
      const label = multilabel ? labels[k]![row * columns + c]! : Number(labels[k]![row] === c)
      if (label >= 0) (label === 1 ? own : others).push(odds[row * columns + column]!)
    }
  }
  return pairs(Float64Array.from(own).sort(), Float64Array.from(others).sort())
}

/** Returns the fraction of pairs of elements with a > b; ties count half. Both arrays are sorted, NaN last. */
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

/** Returns the log-odds `ln p/(1 − p)` of each class, row by row; with two classes, only of class 1. */
function logOdds({ columns, classes, labels, scores }: ClassScores): Float64Array {
  if (columns === 1) return Float64Array.from(scores)
  if (classes === 2) return Float64Array.from(labels, (_, i) => scores[2 * i + 1]! - scores[2 * i]!)
  const odds = new Float64Array(labels.length * columns)
  const gaps = new Float64Array(columns)
  for (let i = 0; i < odds.length; i += columns) {
    let top = scores[i]!
    for (let c = 1; c < columns; c++) top = Math.max(top, scores[i + c]!)
    for (let c = 0; c < columns; c++) gaps[c] = scores[i + c]! - top
    // Subtracting the highest score and keeping its e⁰ = 1 separate makes 1 − p precise. Summing in sorted
    // order makes the odds independent of the order of the classes.
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
