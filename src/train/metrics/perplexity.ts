import { readOptions } from '../../core/options.ts'
import { classScores } from './labels.ts'
import { type Metric, meanMetric, type Predictions, type RowValues } from './metric.ts'

/**
 * Measures perplexity, e to the power of the mean cross-entropy. Guessing among k equally likely classes has
 * perplexity k.
 *
 *     exp(−(1/n) Σ ln softmax(output)[label])
 *
 * Like torchmetrics' `Perplexity`; ≥ 1. Model outputs are either scores `[n, classes, …]`, with labels `[n, …]` or
 * class probabilities of the scores' shape, or one logit of class 1 per label.
 */
export function perplexity(options: object = {}): Metric {
  readOptions('perplexity', {}, options)
  const surprises = (predictions: Predictions): RowValues => {
    const { columns, labels, scores, soft, weightOf } = classScores('perplexity', predictions)
    const values = Float64Array.from(labels, (label, i) => {
      if (columns === 1) return softplus(label === 1 ? -scores[i]! : scores[i]!)
      if (soft === undefined) return surprise(scores, i, columns, label)
      let sum = 0
      for (let c = 0; c < columns; c++) {
        const p = soft[i * columns + c]!
        if (p !== 0) sum += p * surprise(scores, i, columns, c)
      }
      return sum
    })
    return { values, weightOf }
  }
  return meanMetric({ type: 'perplexity' }, 'min', surprises, Math.exp)
}

/** Returns the cross-entropy of a row of scores, −ln softmax(row)[label], in nats. */
function surprise(scores: ArrayLike<number>, row: number, columns: number, label: number): number {
  const first = row * columns
  let top = scores[first]!
  for (let c = 1; c < columns; c++) top = Math.max(top, scores[first + c]!)
  let sum = 0
  for (let c = 0; c < columns; c++) sum += Math.exp(scores[first + c]! - top)
  return Math.log(sum) + top - scores[first + label]!
}

/** Returns ln(1 + eˣ) without overflow. */
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))
