import { choice, type OptionsOf, readOptions } from '../../core/options.ts'
import { classOf, classScores } from './labels.ts'
import type { Metric } from './metric.ts'

const options = {
  /** Divides by the examples of each `true` label, of each `predicted` class, or by `all`. @default 'none' */
  normalize: choice(['true', 'predicted', 'all', 'none'], 'none'),
}

export interface ConfusionMatrixOptions extends OptionsOf<typeof options> {}

type Matrix = readonly (readonly number[])[]

/**
 * Counts how often each class was predicted for each label: row = label, column = prediction, as scikit-learn's
 * `confusion_matrix`. A row or column without examples is zeros, normalized or not.
 */
export function confusionMatrix(given: ConfusionMatrixOptions = {}): Metric {
  const type = 'confusionMatrix'
  const { normalize } = readOptions(type, options, given)
  const metric: Metric<Matrix> = {
    spec: { type, normalize },
    initial: [],
    update(before, predictions) {
      const rows = classScores(type, predictions)
      const { classes, labels } = rows
      const matrix = Array.from({ length: classes }, (_, c) => [...(before[c] ?? new Array(classes).fill(0))])
      for (const [i, label] of labels.entries()) matrix[label]![classOf(rows, i)]!++
      return matrix
    },
    result(matrix) {
      const all = sum(matrix.map(sum))
      const columns = matrix.map((_, j) => sum(matrix.map((row) => row[j]!)))
      const total = { none: () => 1, all: () => all, true: (i: number) => sum(matrix[i]!), predicted: null }
      const under = (i: number, j: number): number => (total[normalize] ?? (() => columns[j]!))(i)
      return matrix.map((row, i) => row.map((n, j) => (n === 0 ? 0 : n / under(i, j))))
    },
  }
  return metric
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
