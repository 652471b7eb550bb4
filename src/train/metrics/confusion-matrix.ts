import { classOf, classScores } from './labels.ts'
import { checkChoice, checkNames, type Metric } from './metric.ts'

export interface ConfusionMatrixOptions {
  /** Divide by the examples of each `true` label, of each `predicted` class, or by `all`; counts unless given. */
  readonly normalize?: 'true' | 'predicted' | 'all' | 'none'
}

type Matrix = readonly (readonly number[])[]

/**
 * How often each class was taken for each: row = label, column = prediction, as scikit-learn's `confusion_matrix`. A
 * row or column without examples is zeros, normalized or not.
 */
export function confusionMatrix(options: ConfusionMatrixOptions = {}): Metric {
  const type = 'confusionMatrix'
  checkNames(type, options, ['normalize'])
  const { normalize = 'none' } = options
  checkChoice(type, 'normalize', ['true', 'predicted', 'all', 'none'], normalize)
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
