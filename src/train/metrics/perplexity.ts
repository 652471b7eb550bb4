import { readOptions } from '../../core/options.ts'
import { classScores } from './labels.ts'
import type { Metric } from './metric.ts'

interface Surprise {
  /** Σ −ln p(label), in nats. */
  readonly nats: number
  readonly count: number
}

/**
 * Measures perplexity, e to the cross-entropy: among how many equally likely classes the model hesitates.
 *
 *     exp(−(1/n) Σ ln softmax(output)[label])
 *
 * As torchmetrics' `Perplexity`; ≥ 1. Takes `[…, classes]` scores with `[…]` labels, or one logit of class 1
 * each.
 */
export function perplexity(options: object = {}): Metric {
  readOptions('perplexity', {}, options)
  const metric: Metric<Surprise> = {
    spec: { type: 'perplexity' },
    goal: 'min',
    initial: { nats: 0, count: 0 },
    update({ nats, count }, predictions) {
      const { columns, labels, scores } = classScores('perplexity', predictions)
      let total = nats
      for (const [i, label] of labels.entries()) {
        total +=
          columns === 1
            ? softplus(label === 1 ? -scores[i]! : scores[i]!)
            : surprise(scores, i, columns, label)
      }
      return { nats: total, count: count + labels.length }
    },
    result: ({ nats, count }) => Math.exp(nats / count),
  }
  return metric
}

/** −ln softmax(row)[label]. */
function surprise(scores: ArrayLike<number>, row: number, columns: number, label: number): number {
  const first = row * columns
  let top = scores[first]!
  for (let c = 1; c < columns; c++) top = Math.max(top, scores[first + c]!)
  let sum = 0
  for (let c = 0; c < columns; c++) sum += Math.exp(scores[first + c]! - top)
  return Math.log(sum) + top - scores[first + label]!
}

/** ln(1 + eˣ), without overflow. */
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))
