import { choice, integer, type OptionsOf, readOptions } from '../../core/options.ts'
import { logistic, softmaxAt } from '../link.ts'
import { type ClassScores, classOf, classScores } from './labels.ts'
import type { Metric } from './metric.ts'

const options = {
  /** Number of bins of equal width from 0 to 1. @default 15 */
  bins: integer({ min: 1, limit: 10_000 }, 15),
  /**
   * How to combine the gaps of the bins: `l1`, their mean weighted by the number of examples, is the expected
   * calibration error; `l2`, the root of the mean of their squares; `max`, the greatest. @default 'l1'
   */
  norm: choice(['l1', 'l2', 'max'], 'l1'),
}

export interface CalibrationErrorOptions extends OptionsOf<typeof options> {}

/** For each bin: number of examples, or their weight; how many of them are hits; and the sum of their confidences. */
interface Bins {
  readonly count: readonly number[]
  readonly hits: readonly number[]
  readonly confidence: readonly number[]
}

/**
 * Measures calibration error, how far a classifier's confidence is from being right that often, 0 to 1.
 *
 *     Σ nᵦ/n · |hᵦ/nᵦ − mean confidence in bin b|        with hᵦ hits among the nᵦ of n examples in bin b
 *
 * The confidence is the softmax probability of the highest-scoring class, and a hit is a right prediction. If each
 * example has a single logit, the confidence is the probability of class 1, and a hit is an example of class 1. Like
 * torchmetrics' `MulticlassCalibrationError` and `BinaryCalibrationError` in float64: bin b holds confidences from
 * b/bins to below (b + 1)/bins, and 1 itself has a bin of its own. NaN, with a reason, when a probability is NaN.
 *
 * Source: Naeini et al. 2015, https://doi.org/10.1609/aaai.v29i1.9602.
 */
export function calibrationError(given: CalibrationErrorOptions = {}): Metric {
  const type = 'calibrationError'
  const { bins, norm } = readOptions(type, options, given)
  const zeros = new Array<number>(bins + 1).fill(0)
  const metric: Metric<Bins> = {
    spec: { type, bins, norm },
    goal: 'min',
    weighs: true,
    initial: { count: zeros, hits: zeros, confidence: zeros },
    update(before, predictions) {
      const rows = classScores(type, predictions)
      const [count, hits, confidence] = [[...before.count], [...before.hits], [...before.confidence]]
      for (const [i, label] of rows.labels.entries()) {
        const p = confidenceOf(rows, i)
        const bin = Math.floor(p * bins) || 0 // NaN is in the first
        const weight = rows.weightOf(i)
        count[bin]! += weight
        confidence[bin]! += weight * p
        hits[bin]! += weight * Number((rows.columns === 1 ? 1 : classOf(rows, i)) === label)
      }
      return { count, hits, confidence }
    },
    result({ count, hits, confidence }) {
      const gaps = count.map((n, b) => (n === 0 ? 0 : Math.abs(hits[b]! - confidence[b]!) / n))
      const n = sum(count)
      if (n === 0) return Number.NaN
      if (norm === 'max') return Math.max(...gaps)
      if (norm === 'l2') return Math.sqrt(sum(gaps.map((gap, b) => (gap * gap * count[b]!) / n)))
      return sum(gaps.map((gap, b) => (gap * count[b]!) / n))
    },
    reason({ count, confidence }) {
      if (confidence.some(Number.isNaN)) return `${type}: a probability is NaN`
      return count.every((n) => n === 0) ? `${type}: no target counts` : undefined
    },
  }
  return metric
}

/** Returns the softmax probability of a row's highest-scoring class; for a single logit, that of class 1. */
function confidenceOf(rows: ClassScores, row: number): number {
  const { columns, scores } = rows
  if (columns === 1) return logistic(scores[row]!)
  return softmaxAt(scores, row * columns, columns)[classOf(rows, row)]!
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
