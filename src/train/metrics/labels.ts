import { ArgumentError } from '../../core/errors.ts'
import type { Predictions } from './metric.ts'

/** Predictions of a classifier, checked. */
export interface ClassScores {
  /** At least 2: the scores of a row, or 2 where a row is one logit. */
  readonly classes: number
  readonly labels: Int32Array
  /** Scores a row: `classes`, or 1. */
  readonly columns: number
  readonly scores: ArrayLike<number>
}

/**
 * Predictions as labels and rows of scores.
 *
 * @throws {ArgumentError} when there is no whole row for each label, or a label is none of the classes.
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
 * The class of the greatest score of a row, the first of equals; a NaN counts as the greatest, as in PyTorch's
 * `argmax`. Of one logit: 1 where it is positive.
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
