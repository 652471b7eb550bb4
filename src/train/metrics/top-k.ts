import { type OptionsOf, readOptions, required, size } from '../../core/options.ts'
import { type ClassScores, classOf, classScores } from './labels.ts'
import type { Metric } from './metric.ts'

interface Hits {
  readonly hits: number
  readonly count: number
}

/** Measures the share of the examples, 0 to 1, whose greatest score is at the label: the first of equals. */
export const accuracy = (options: object = {}): Metric => {
  readOptions('accuracy', {}, options)
  return hitRate('accuracy', {}, (rows, i, label) => classOf(rows, i) === label)
}

const options = {
  /** How many of the greatest scores count. */
  k: required(size),
}

/**
 * Measures the share of the examples, 0 to 1, whose label is among the `k` greatest scores; of equal scores the
 * first counts as greater, so that `k: 1` is accuracy. In scikit-learn's `top_k_accuracy_score` it is the last.
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
): Metric<Hits> {
  return {
    spec: { type, ...options },
    goal: 'max',
    initial: { hits: 0, count: 0 },
    update({ hits, count }, predictions) {
      const rows = classScores(type, predictions)
      const found = rows.labels.reduce((n, label, i) => n + Number(isHit(rows, i, label)), 0)
      return { hits: hits + found, count: count + rows.labels.length }
    },
    result: ({ hits, count }) => hits / count,
  }
}

/** Number of classes that come before the label's. A NaN is below nothing, so it comes before. */
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
