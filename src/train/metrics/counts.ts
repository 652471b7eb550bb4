import { mismatch } from '../../core/mismatch.ts'
import { choice, type OptionsOf, readOptions } from '../../core/options.ts'
import { classOf, classScores, labelScores, multilabelOption, zeroDivisionOption } from './labels.ts'
import type { Metric, MetricValue, Predictions } from './metric.ts'

// Precision, recall and F1 are three ratios of the same counts, so they share a file.

const averages = ['binary', 'micro', 'macro', 'weighted', 'none'] as const

/** How to average a metric's per-class values. */
export type ClassAverage = (typeof averages)[number]

const options = {
  /**
   * How to average the metric's per-class values.
   *
   * - `macro`: mean over the classes that occur among labels or predictions, or over all labels of `multilabel`;
   * - `weighted`: mean weighted by the number of examples with each label;
   * - `micro`: the metric computed once, from counts summed over all classes;
   * - `binary`: value of class 1; requires two classes;
   * - `none`: list with one number per class.
   *
   * @default 'macro'
   */
  average: choice(averages, 'macro'),
  ...zeroDivisionOption,
  ...multilabelOption,
}

export interface AverageOptions extends OptionsOf<typeof options> {}

/** Numbers, or sums of the weights, of examples per class: predicted correctly; predicted as the class; labelled with the class. */
interface Counts {
  readonly hits: readonly number[]
  readonly predicted: readonly number[]
  readonly actual: readonly number[]
}

/**
 * Measures precision: of the examples predicted as a class, the fraction with this label, 0 to 1.
 *
 *     tp / (tp + fp)        with true and false positives of a class
 *
 * Like scikit-learn's `precision_score`, except that `average` defaults to `macro`.
 */
export const precision = (given: AverageOptions = {}): Metric =>
  ratio('precision', given, (hits, predicted) => [hits, predicted])

/**
 * Measures recall: of the examples with a label, the fraction predicted as this class, 0 to 1.
 *
 *     tp / (tp + fn)        with true positives and false negatives of a class
 *
 * Like scikit-learn's `recall_score`, except that `average` defaults to `macro`.
 */
export const recall = (given: AverageOptions = {}): Metric =>
  ratio('recall', given, (hits, _, actual) => [hits, actual])

/**
 * Measures F1, the harmonic mean of precision and recall, 0 to 1.
 *
 *     2·tp / (2·tp + fp + fn)        with true positives, false positives and false negatives of a class
 *
 * Like scikit-learn's `f1_score`, except that `average` defaults to `macro`.
 */
export const f1 = (given: AverageOptions = {}): Metric =>
  ratio('f1', given, (hits, predicted, actual) => [2 * hits, predicted + actual])

type Ratio = (hits: number, predicted: number, actual: number) => readonly [over: number, under: number]

function ratio(type: string, given: AverageOptions, parts: Ratio): Metric<Counts> {
  const { average, zeroDivision, multilabel } = readOptions(type, options, given)
  if (multilabel && average === 'binary') {
    throw mismatch(type, "average as 'macro', 'micro', 'weighted' or 'none' for multilabel", average)
  }
  const divide = ([over, under]: readonly [number, number]): number =>
    under === 0 ? Number(zeroDivision) : over / under
  const result = (counts: Counts): MetricValue => {
    const { hits, predicted, actual } = counts
    if (average === 'micro') return divide(parts(sum(hits), sum(predicted), sum(actual)))
    const values = hits.map((h, c) => divide(parts(h, predicted[c]!, actual[c]!)))
    if (average === 'none') return values
    if (average === 'binary') return values[1]!
    const occurs = hits.map((_, c) => Number(multilabel || predicted[c]! + actual[c]! > 0))
    const weights = average === 'macro' ? occurs : actual
    return sum(weights) === 0 ? Number(zeroDivision) : mean(values, weights)
  }
  return {
    spec: { type, average, zeroDivision, ...(multilabel && { multilabel }) },
    ...(average !== 'none' && { goal: 'max' }),
    weighs: true,
    initial: { hits: [], predicted: [], actual: [] },
    update: (counts, predictions) =>
      multilabel
        ? countLabels(type, counts, predictions)
        : count(type, counts, predictions, average === 'binary'),
    result,
    reason: (counts) =>
      [result(counts)].flat(2).some(Number.isNaN) ? `${type}: 0/0, as zeroDivision asks` : undefined,
  }
}

function count(who: string, before: Counts, predictions: Predictions, binary: boolean): Counts {
  const rows = classScores(who, predictions)
  const { classes, labels, weightOf } = rows
  if (binary && classes !== 2) {
    throw mismatch(
      who,
      "2 classes for average: 'binary'",
      classes,
      "use 'macro', 'micro', 'weighted' or 'none'",
    )
  }
  const { hits, predicted, actual } = copied(before, classes)
  for (const [i, label] of labels.entries()) {
    const guess = classOf(rows, i)
    const weight = weightOf(i)
    predicted[guess]! += weight
    actual[label]! += weight
    if (guess === label) hits[label]! += weight
  }
  return { hits, predicted, actual }
}

/** Counts each label of examples that may have several labels at once. */
function countLabels(who: string, before: Counts, predictions: Predictions): Counts {
  const { columns, scores, truth, weightOf } = labelScores(who, predictions)
  const { hits, predicted, actual } = copied(before, columns)
  for (const [i, applies] of truth.entries()) {
    if (applies < 0) continue
    const guess = Number(scores[i]! > 0)
    const weight = weightOf(Math.floor(i / columns))
    predicted[i % columns]! += weight * guess
    actual[i % columns]! += weight * applies
    hits[i % columns]! += weight * guess * applies
  }
  return { hits, predicted, actual }
}

/** Copies counts; before the first batch, starts with 0 for each of `classes` classes. */
function copied({ hits, predicted, actual }: Counts, classes: number): Record<keyof Counts, number[]> {
  const copy = (counts: readonly number[]): number[] =>
    counts.length === 0 ? new Array<number>(classes).fill(0) : [...counts]
  return { hits: copy(hits), predicted: copy(predicted), actual: copy(actual) }
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

/** Returns the weighted mean of the values, leaving out NaN. */
function mean(values: readonly number[], weights: readonly number[]): number {
  const kept = weights.map((weight, i) => (Number.isNaN(values[i]) ? 0 : weight))
  return sum(values.map((value, i) => (kept[i] === 0 ? 0 : value * kept[i]!))) / sum(kept)
}
