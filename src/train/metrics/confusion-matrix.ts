import { choice, type OptionsOf, readOptions } from '../../core/options.ts'
import { classOf, classScores } from './labels.ts'
import type { Metric, Predictions } from './metric.ts'

const options = {
  /** Divides counts by the sum of their row (`true`), column (`predicted`) or of `all`. @default 'none' */
  normalize: choice(['true', 'predicted', 'all', 'none'], 'none'),
}

export interface ConfusionMatrixOptions extends OptionsOf<typeof options> {}

/** Numbers, or sums of the weights, of examples: row = label, column = prediction; empty before the first batch. */
export type PairMatrix = readonly (readonly number[])[]

/**
 * Counts how often each class was predicted for each label: row = label, column = prediction, as in
 * scikit-learn's `confusion_matrix`. A row or column without examples is all zeros, even when normalized.
 */
export function confusionMatrix(given: ConfusionMatrixOptions = {}): Metric {
  const type = 'confusionMatrix'
  const { normalize } = readOptions(type, options, given)
  const metric: Metric<PairMatrix> = {
    spec: { type, normalize },
    weighs: true,
    initial: [],
    update: (before, predictions) => countPairs(type, before, predictions),
    result(matrix) {
      const rows = matrix.map(sum)
      const all = sum(rows)
      const columns = matrix.map((_, j) => sum(matrix.map((row) => row[j]!)))
      const total = {
        none: () => 1,
        all: () => all,
        true: (i: number) => rows[i]!,
        predicted: (_: number, j: number) => columns[j]!,
      }[normalize]
      return matrix.map((row, i) => row.map((n, j) => (n === 0 ? 0 : n / total(i, j))))
    },
  }
  return metric
}

/** Returns `before` with the pairs of label and predicted class of another batch. */
export function countPairs(who: string, before: PairMatrix, predictions: Predictions): PairMatrix {
  const rows = classScores(who, predictions)
  const { classes, labels, weightOf } = rows
  const matrix = Array.from({ length: classes }, (_, c) => [...(before[c] ?? new Array(classes).fill(0))])
  for (const [i, label] of labels.entries()) matrix[label]![classOf(rows, i)]! += weightOf(i)
  return matrix
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
