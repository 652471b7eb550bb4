import { choice, type OptionsOf, readOptions } from '../../core/options.ts'
import { countPairs, type PairMatrix } from './confusion-matrix.ts'
import type { Metric } from './metric.ts'

// The coefficients of Matthews and of Cohen measure how far labels and predictions agree beyond chance.

/**
 * Measures the Matthews correlation coefficient of labels and predicted classes, −1 to 1: 1 if all predictions are
 * right, 0 for a guess that ignores the example.
 *
 *     (c·n − Σ tₖ·pₖ) / √((n² − Σ pₖ²)·(n² − Σ tₖ²))
 *
 * with c of n examples right, tₖ labelled with class k and pₖ predicted as it. Like scikit-learn's
 * `matthews_corrcoef`: 0 if all labels, or all predictions, are of one class.
 *
 * Source: Gorodkin 2004, https://doi.org/10.1016/j.compbiolchem.2004.09.006, for more than two classes.
 */
export function mcc(options: object = {}): Metric {
  readOptions('mcc', {}, options)
  return ofCounts({ type: 'mcc' }, ({ n, hits, actual, predicted }) => {
    const dot = (a: readonly number[], b: readonly number[]): number => sum(a.map((x, k) => x * b[k]!))
    const spread = (n * n - dot(predicted, predicted)) * (n * n - dot(actual, actual))
    return spread === 0 ? 0 : (hits * n - dot(actual, predicted)) / Math.sqrt(spread)
  })
}

const options = {
  /**
   * What it costs to take one class for another: the same for all (`none`), or the `linear` or `quadratic`
   * distance of their indices, for classes in order. @default 'none'
   */
  weights: choice(['none', 'linear', 'quadratic'], 'none'),
}

export interface CohenKappaOptions extends OptionsOf<typeof options> {}

/**
 * Measures Cohen's kappa of labels and predicted classes, −1 to 1: 1 if all predictions are right, 0 if they are
 * as good as by chance.
 *
 *     1 − Σ wᵢⱼ·nᵢⱼ / Σ wᵢⱼ·tᵢ·pⱼ/n        with weights wᵢⱼ = [i ≠ j], |i − j| or (i − j)²
 *
 * with nᵢⱼ of n examples labelled i and predicted as j, tᵢ labelled with class i and pⱼ predicted as class j. Like
 * scikit-learn's `cohen_kappa_score` with all classes as its `labels`. NaN, with a reason, if all labels and
 * predictions are of one class.
 *
 * Source: Cohen 1968, https://doi.org/10.1037/h0026256.
 */
export function cohenKappa(given: CohenKappaOptions = {}): Metric {
  const type = 'cohenKappa'
  const { weights } = readOptions(type, options, given)
  const cost = {
    none: (gap: number) => Number(gap !== 0),
    linear: Math.abs,
    quadratic: (gap: number) => gap * gap,
  }[weights]
  return ofCounts({ type, weights }, ({ n, matrix, actual, predicted }) => {
    const total = (of: (i: number, j: number) => number): number =>
      sum(matrix.map((row, i) => sum(row.map((_, j) => cost(i - j) * of(i, j)))))
    return 1 - total((i, j) => matrix[i]![j]!) / total((i, j) => (actual[i]! * predicted[j]!) / n)
  })
}

interface PairCounts {
  readonly matrix: PairMatrix
  /** Number of examples. */
  readonly n: number
  /** Number of examples predicted correctly. */
  readonly hits: number
  /** Number of examples with each label. */
  readonly actual: readonly number[]
  /** Number of examples predicted as each class. */
  readonly predicted: readonly number[]
}

/** Returns a metric computed from how often each class was predicted for each label; larger is better. */
function ofCounts(spec: Metric['spec'], resultOf: (counts: PairCounts) => number): Metric<PairMatrix> {
  const result = (matrix: PairMatrix): number => {
    const actual = matrix.map(sum)
    const predicted = matrix.map((_, j) => sum(matrix.map((row) => row[j]!)))
    const n = sum(actual)
    return n === 0
      ? Number.NaN
      : resultOf({ matrix, n, hits: sum(matrix.map((row, i) => row[i]!)), actual, predicted })
  }
  return {
    spec,
    goal: 'max',
    weighs: true,
    initial: [],
    update: (before, predictions) => countPairs(spec.type, before, predictions),
    result,
    reason(matrix) {
      if (!Number.isNaN(result(matrix))) return undefined
      const only = matrix.findIndex((row) => sum(row) > 0)
      return only < 0
        ? `${spec.type}: no target counts`
        : `${spec.type}: every label and prediction is ${only}; chance agrees as well`
    },
  }
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
