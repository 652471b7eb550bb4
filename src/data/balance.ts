import { ArgumentError } from '../core/errors.ts'
import type { Dataset } from './dataset.ts'

/**
 * Number of examples of each class.
 *
 * @throws {ArgumentError} when y is not labels.
 */
export function classCounts({ y, length, classes }: Dataset): number[] {
  if (classes === undefined) throw new ArgumentError(`classCounts: wanted labels, got targets of ${y.dtype}`)
  const counts = new Array<number>(classes).fill(0)
  for (let i = 0; i < length; i++) counts[Number(y.data[i])]!++
  return counts
}

/**
 * Weights that compensate for classes of different sizes, as scikit-learn's `balanced`; their mean over the
 * examples is 1.
 *
 *     weight[c] = n / (classes · count[c])
 *
 * @throws {ArgumentError} when y is not labels, or a class has no example.
 */
export function classWeights(dataset: Dataset): Float64Array {
  const counts = classCounts(dataset)
  const empty = counts.indexOf(0)
  if (empty >= 0)
    throw new ArgumentError(`classWeights: wanted an example of each class, got none of class ${empty}`)
  return Float64Array.from(counts, (count) => dataset.length / (counts.length * count))
}

/** The class weight of each example. With these, `weightedSampler` draws all classes equally often. */
export function exampleWeights(dataset: Dataset): Float64Array {
  const weights = classWeights(dataset)
  return Float64Array.from({ length: dataset.length }, (_, i) => weights[Number(dataset.y.data[i])]!)
}
