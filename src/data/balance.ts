import { ArgumentError } from '../core/errors.ts'
import { checkNoMore } from '../core/options.ts'
import { checkDataset, type Dataset, hasLabels } from './dataset.ts'

/**
 * Returns the number of examples of each class 0, 1, … Examples with the label `ignoreIndex` are not counted.
 *
 * @throws {ArgumentError} when `y` holds targets, not labels.
 */
export function classCounts(dataset: Dataset, ...more: readonly never[]): number[] {
  checkNoMore('classCounts', more)
  return countsOf('classCounts', dataset)
}

function countsOf(who: string, dataset: Dataset): number[] {
  checkDataset(who, dataset)
  const { y, length, classes, ignoreIndex } = dataset
  if (!hasLabels(dataset)) throw new ArgumentError(`${who}: wanted labels, got targets of ${y.dtype}`)
  const counts = new Array<number>(classes!).fill(0)
  for (let i = 0; i < length; i++) if (Number(y.data[i]) !== ignoreIndex) counts[Number(y.data[i])]!++
  return counts
}

/**
 * Returns a weight for each class that compensates for unequal class sizes, like scikit-learn's `balanced`. The
 * mean weight over all examples is 1. `examples` is the number of examples whose label is not ignored,
 * `count[c]` the number in class c.
 *
 *     weight[c] = examples / (classes · count[c])
 *
 * @throws {ArgumentError} when `y` holds targets, or a class has no example.
 */
export function classWeights(dataset: Dataset, ...more: readonly never[]): Float64Array {
  checkNoMore('classWeights', more)
  return weightsOf('classWeights', dataset)
}

function weightsOf(who: string, dataset: Dataset): Float64Array {
  const counts = countsOf(who, dataset)
  const empty = counts.indexOf(0)
  if (empty >= 0)
    throw new ArgumentError(`${who}: wanted an example of each class, got none of class ${empty}`)
  const examples = counts.reduce((a, b) => a + b, 0)
  return Float64Array.from(counts, (count) => examples / (counts.length * count))
}

/**
 * Returns the weight of each example's class, or 0 if its label is ignored. With these weights,
 * `weightedSampler` draws all classes equally often.
 */
export function exampleWeights(dataset: Dataset, ...more: readonly never[]): Float64Array {
  checkNoMore('exampleWeights', more)
  const weights = weightsOf('exampleWeights', dataset)
  return Float64Array.from({ length: dataset.length }, (_, i) => weights[Number(dataset.y.data[i])] ?? 0)
}
