import { mismatch } from '../../core/mismatch.ts'
import { classOf, classScores } from './labels.ts'
import { checkChoice, checkNames, type Metric, type MetricValue, type Predictions } from './metric.ts'

// Precision, recall and F1 are three ratios of the same counts, so they share a file.

/** How the classes become one number. */
export type ClassAverage = 'binary' | 'micro' | 'macro' | 'weighted' | 'none'

export interface AverageOptions {
  /**
   * - `macro`, the default: the mean over the classes that occur, among labels or predictions;
   * - `weighted`: the mean weighted by how many examples have the label;
   * - `micro`: of the counts of all classes together;
   * - `binary`: of class 1 alone, where there are two classes;
   * - `none`: a list, one number a class.
   */
  readonly average?: ClassAverage
  /** What 0/0 is, as of a class that is never predicted: 0, 1, or `nan`, which averages leave out. 0. */
  readonly zeroDivision?: 0 | 1 | 'nan'
}

/** Of each class: examples that were rightly given it, that were given it, and that have it. */
interface Counts {
  readonly hits: readonly number[]
  readonly predicted: readonly number[]
  readonly actual: readonly number[]
}

/**
 * Of the examples that were given a class, the part that has it.
 *
 *     tp / (tp + fp)
 *
 * As scikit-learn's `precision_score`, but that `average` is `macro` unless given. 0 to 1.
 */
export const precision = (options: AverageOptions = {}): Metric =>
  ratio('precision', options, (hits, predicted) => [hits, predicted])

/**
 * Of the examples that have a class, the part that was given it.
 *
 *     tp / (tp + fn)
 *
 * As scikit-learn's `recall_score`, but that `average` is `macro` unless given. 0 to 1.
 */
export const recall = (options: AverageOptions = {}): Metric =>
  ratio('recall', options, (hits, _, actual) => [hits, actual])

/**
 * The harmonic mean of precision and recall.
 *
 *     2·tp / (2·tp + fp + fn)
 *
 * As scikit-learn's `f1_score`, but that `average` is `macro` unless given. 0 to 1.
 */
export const f1 = (options: AverageOptions = {}): Metric =>
  ratio('f1', options, (hits, predicted, actual) => [2 * hits, predicted + actual])

type Ratio = (hits: number, predicted: number, actual: number) => readonly [over: number, under: number]

const averages: readonly ClassAverage[] = ['binary', 'micro', 'macro', 'weighted', 'none']

function ratio(type: string, options: AverageOptions, parts: Ratio): Metric<Counts> {
  checkNames(type, options, ['average', 'zeroDivision'])
  const { average = 'macro', zeroDivision = 0 } = options
  checkChoice(type, 'average', averages, average)
  checkChoice(type, 'zeroDivision', [0, 1, 'nan'], zeroDivision)
  const divide = ([over, under]: readonly [number, number]): number =>
    under === 0 ? Number(zeroDivision) : over / under
  const result = (counts: Counts): MetricValue => {
    const { hits, predicted, actual } = counts
    if (average === 'micro') return divide(parts(sum(hits), sum(predicted), sum(actual)))
    const values = hits.map((h, c) => divide(parts(h, predicted[c]!, actual[c]!)))
    if (average === 'none') return values
    if (average === 'binary') return values[1]!
    const occurs = hits.map((_, c) => Number(predicted[c]! + actual[c]! > 0))
    return mean(values, average === 'macro' ? occurs : actual)
  }
  return {
    spec: { type, average, zeroDivision },
    ...(average !== 'none' && { goal: 'max' }),
    initial: { hits: [], predicted: [], actual: [] },
    update: (counts, predictions) => count(type, counts, predictions, average === 'binary'),
    result,
    reason: (counts) =>
      [result(counts)].flat(2).some(Number.isNaN) ? `${type}: 0/0, as zeroDivision asks` : undefined,
  }
}

function count(who: string, before: Counts, predictions: Predictions, binary: boolean): Counts {
  const rows = classScores(who, predictions)
  const { classes, labels } = rows
  if (binary && classes !== 2) {
    throw mismatch(
      who,
      "2 classes for average: 'binary'",
      classes,
      "use 'macro', 'micro', 'weighted' or 'none'",
    )
  }
  const copy = (counts: readonly number[]): number[] =>
    counts.length === 0 ? new Array<number>(classes).fill(0) : [...counts]
  const [hits, predicted, actual] = [copy(before.hits), copy(before.predicted), copy(before.actual)]
  for (const [i, label] of labels.entries()) {
    const guess = classOf(rows, i)
    predicted[guess]!++
    actual[label]!++
    if (guess === label) hits[label]!++
  }
  return { hits, predicted, actual }
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

/** The weighted mean of the values that are no NaN. */
function mean(values: readonly number[], weights: readonly number[]): number {
  const kept = weights.map((weight, i) => (Number.isNaN(values[i]) ? 0 : weight))
  return sum(values.map((value, i) => (kept[i] === 0 ? 0 : value * kept[i]!))) / sum(kept)
}
