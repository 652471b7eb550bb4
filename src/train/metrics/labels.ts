import { ArgumentError } from '../../core/errors.ts'
import type { Predictions } from './metric.ts'

/** A classifier's predictions after validation: labels and scores. */
export interface ClassScores {
  /** Number of classes, at least 2: the number of columns, or 2 when there is only one column. */
  readonly classes: number
  readonly labels: Int32Array
  /** Number of scores per label: one per class, or 1, the logit of class 1. */
  readonly columns: number
  readonly scores: ArrayLike<number>
}

/**
 * Validates a classifier's predictions and returns them as labels and rows of scores.
 *
 * @throws {ArgumentError} when the scores do not form one row per label, or a label is not a class index.
 */
export function classScores(who: string, { output, target }: Predictions): ClassScores {
  const columns = output.length / target.length
  if (!Number.isInteger(columns) || columns < 1) {
    throw new ArgumentError(
      `${who}: wanted a row of scores for each label, got ${output.length} scores for ${target.length} labels`,
    )
  }
  const classes = Math.max(2, columns)
  const labels = Int32Array.from(target as ArrayLike<number>, Number)
  const at = labels.findIndex((label, i) => label < 0 || label >= classes || label !== Number(target[i]))
  if (at >= 0) {
    throw new ArgumentError(
      `${who}: wanted labels from 0 to ${classes - 1}, got ${target[at]}; of numbers, measure train.metrics.mae()`,
    )
  }
  return { classes, labels, columns, scores: output as ArrayLike<number> }
}

/**
 * Returns the predicted class of a row of scores: the highest-scoring one. Ties go to the lowest class index;
 * NaN counts as the highest score, as in PyTorch's `argmax`. A single logit predicts class 1 if it is positive,
 * else class 0.
 */
export function classOf({ columns, scores }: ClassScores, row: number): number {
  const first = row * columns
  if (columns === 1) return scores[first]! > 0 ? 1 : 0
  let best = 0
  for (let c = 1; c < columns && !Number.isNaN(scores[first + best]!); c++) {
    if (!(scores[first + c]! <= scores[first + best]!)) best = c
  }
  return best
}
