import { choice } from '../../core/options.ts'
import { type ClassScores, classScores, labelScores, multilabelOption } from './labels.ts'
import type { Predictions } from './metric.ts'

/** Declares the options of metrics that rank the examples of each class. */
export const rankingOptions = {
  /**
   * How to average the values of three or more classes, or of the labels of `multilabel`: `macro`, the mean;
   * `weighted`, the mean weighted by the number of examples with each label; `none`, a list with one number per
   * class. @default 'macro'
   */
  average: choice(['macro', 'weighted', 'none'], 'macro'),
  ...multilabelOption,
}

/** Log-odds and labels of all examples seen so far: one array of each per batch. */
export interface Scores {
  /** Number of classes, or of labels that an example may have at once. */
  readonly classes: number
  readonly multilabel: boolean
  /** Log-odds, example by example: with two classes, only of class 1; otherwise of every class or label. */
  readonly scores: readonly Float64Array[]
  /** Class of each example; with `multilabel`, whether each label applies: 1, 0, or −1 if it does not count. */
  readonly labels: readonly (Int32Array | Int8Array)[]
  /** Weights of the examples, if they have any. */
  readonly weights?: readonly Float64Array[]
}

/** Adds the scores of another batch, by which a metric ranks the examples of each class or label, to `before`. */
export function withScores(who: string, before: Scores, predictions: Predictions): Scores {
  const { classes, scores, labels, weightOf } = before.multilabel
    ? logits(who, predictions)
    : ranked(who, predictions)
  const columns = classes === 2 && !before.multilabel ? 1 : classes
  const own = Float64Array.from({ length: scores.length / columns }, (_, row) => weightOf(row))
  return {
    ...before,
    classes,
    scores: [...before.scores, scores],
    labels: [...before.labels, labels],
    ...(predictions.weights && { weights: [...(before.weights ?? []), own] }),
  }
}

type Ranked = { readonly [K in 'scores' | 'labels']: Scores[K][number] } & Pick<Scores, 'classes'> &
  Pick<ClassScores, 'weightOf'>

function ranked(who: string, predictions: Predictions): Ranked {
  const rows = classScores(who, predictions)
  return { classes: rows.classes, scores: logOdds(rows), labels: rows.labels, weightOf: rows.weightOf }
}

function logits(who: string, predictions: Predictions): Ranked {
  const { columns, scores, truth, weightOf } = labelScores(who, predictions)
  return { classes: columns, scores: Float64Array.from(scores), labels: truth, weightOf }
}

/** Classes or labels to measure: with two classes, class 1 alone. */
export function measuredClasses({ classes, multilabel }: Scores): readonly number[] {
  return classes === 2 && !multilabel ? [1] : Array.from({ length: classes }, (_, c) => c)
}

/** Whether a score is NaN, which has no rank. */
export const hasNaN = ({ scores }: Scores): boolean => scores.some((chunk) => chunk.some(Number.isNaN))

/** Returns the number, or the weight, of the examples of each class, or with each label. */
export function countsOf({ classes, labels, weights, multilabel }: Scores): number[] {
  const counts = new Array<number>(classes).fill(0)
  for (const [k, chunk] of labels.entries()) {
    for (const [i, label] of chunk.entries()) {
      const weight = weights?.[k]?.[multilabel ? Math.floor(i / classes) : i] ?? 1
      if (!multilabel) counts[label]! += weight
      else if (label > 0) counts[i % classes]! += weight
    }
  }
  return counts
}

/** Returns the scores of the examples of class or label `c`, and those of the others: sorted, NaN last. */
export function sortedScores(
  { scores, labels, weights, classes, multilabel }: Scores,
  c: number,
): SortedScores {
  const [own, others] = [new Group(), new Group()]
  const columns = classes === 2 && !multilabel ? 1 : classes
  const column = columns === 1 ? 0 : c
  for (const [k, odds] of scores.entries()) {
    for (let row = 0; row < odds.length / columns; row++) {
      const label = multilabel ? labels[k]![row * columns + c]! : Number(labels[k]![row] === c)
      const weight = weights?.[k]?.[row]
      if (label >= 0) (label === 1 ? own : others).add(odds[row * columns + column]!, weight)
    }
  }
  return { own: own.sorted, others: others.sorted }
}

/** Scores in ascending order, NaN last. */
export interface SortedGroup {
  readonly scores: Float64Array
  /** Weight of the example of each score; absent if every example counts as one. */
  readonly weights?: Float64Array
}

export type SortedScores = Readonly<Record<'own' | 'others', SortedGroup>>

/** Returns the weight of the example with the score at a place. */
export const weightAt = ({ weights }: SortedGroup, place: number): number => weights?.[place] ?? 1

/** Returns the weight of all examples together: without weights, their number. */
export const totalOf = ({ scores, weights }: SortedGroup): number =>
  weights ? weights.reduce((a, b) => a + b, 0) : scores.length

/** Scores of some examples, and their weights. */
class Group {
  readonly #scores: number[] = []
  readonly #weights: number[] = []

  /** @param weight undefined for an example without; one of weight 0 is left out */
  add(score: number, weight: number | undefined): void {
    if (weight === 0) return
    this.#scores.push(score)
    if (weight !== undefined) this.#weights.push(weight)
  }

  get sorted(): SortedGroup {
    const [scores, weights] = [this.#scores, this.#weights]
    if (weights.length === 0) return { scores: Float64Array.from(scores).sort() }
    const rank = (i: number): number => (Number.isNaN(scores[i]) ? Number.POSITIVE_INFINITY : scores[i]!)
    const order = Array.from(scores.keys()).sort((a, b) =>
      rank(a) < rank(b) ? -1 : Number(rank(a) > rank(b)),
    )
    return {
      scores: Float64Array.from(order, (i) => scores[i]!),
      weights: Float64Array.from(order, (i) => weights[i]!),
    }
  }
}

/** Returns the log-odds `ln p/(1 − p)` of every class, row by row; with two classes, only of class 1. */
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
