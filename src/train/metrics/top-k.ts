import { type OptionsOf, readOptions, required, size } from '../../core/options.ts'
import { type ClassScores, classOf, classScores, labelScores, multilabelOption } from './labels.ts'
import { type Metric, meanMetric, type Predictions, type RowValues } from './metric.ts'

/**
 * Measures the fraction of examples whose label is the highest-scoring class. Ties go to the lowest class index. With
 * `multilabel`, the fraction of examples for which all labels are predicted correctly. Like scikit-learn's
 * `accuracy_score`.
 */
export const accuracy = (given: OptionsOf<typeof multilabelOption> = {}): Metric => {
  const { multilabel } = readOptions('accuracy', multilabelOption, given)
  return multilabel
    ? meanMetric({ type: 'accuracy', multilabel }, 'max', exactMatches)
    : hitRate('accuracy', {}, (rows, i, label) => classOf(rows, i) === label)
}

/** Returns, for each example, whether all its labels that are not ignored are predicted correctly. */
function exactMatches(predictions: Predictions): RowValues {
  const { columns, scores, truth, weightOf } = labelScores('accuracy', predictions)
  const isRight = (applies: number, i: number): boolean => applies < 0 || Number(scores[i]! > 0) === applies
  const values = Array.from({ length: truth.length / columns }, (_, row) =>
    Number(
      truth.subarray(row * columns, (row + 1) * columns).every((one, c) => isRight(one, row * columns + c)),
    ),
  )
  return { values, weightOf }
}

const options = {
  /** Number of highest-scoring classes; a prediction is a hit if its label is among them. */
  k: required(size),
}

/**
 * Measures the fraction of labels that are among the `k` highest-scoring classes, 0 to 1. Ties go to the lowest
 * class index, so `k: 1` equals `accuracy`; in scikit-learn's `top_k_accuracy_score`, they go to the highest.
 *
 * @throws {ArgumentError} when `k` is not a positive integer.
 */
export function topK(given: OptionsOf<typeof options>): Metric {
  const { k } = readOptions('topK', options, given)
  return hitRate('topK', { k }, (rows, i, label) => rank(rows, i, label) < k)
}

function hitRate(
  type: string,
  options: object,
  isHit: (rows: ClassScores, i: number, label: number) => boolean,
): Metric {
  return meanMetric({ type, ...options }, 'max', (predictions) => {
    const rows = classScores(type, predictions)
    const values = Float64Array.from(rows.labels, (label, i) => Number(isHit(rows, i, label)))
    return { values, weightOf: rows.weightOf }
  })
}

/** Returns the number of classes that rank above `label` in row `i`. NaN counts as the highest score. */
function rank(rows: ClassScores, i: number, label: number): number {
  const { columns, scores } = rows
  if (columns === 1) return classOf(rows, i) === label ? 0 : 1
  const own = scores[i * columns + label]!
  let before = 0
  for (let c = 0; c < columns; c++) {
    const score = scores[i * columns + c]!
    if (c !== label && !(score < own) && !(score === own && c > label)) before++
  }
  return before
}
