import { mismatch } from '../core/mismatch.ts'
import { boolean, integer, type OptionsOf, readOptions } from '../core/options.ts'
import { type Random, random } from '../core/random.ts'
import type { Dataset } from './dataset.ts'

/** Chooses which examples each epoch uses, and in which order. */
export interface Sampler {
  /** Number of examples in an epoch. */
  readonly count: number
  /** Returns the indices of an epoch's examples, in order of use. They depend only on `seed` and `epoch`. */
  order(dataset: Dataset, seed: number, epoch: number): Int32Array
}

const options = {
  /** Whether an example may be drawn more than once in an epoch. @default true */
  replacement: boolean(true),
  /** Number of examples to draw for an epoch. @default the number of weights */
  count: integer({ min: 1 }),
}

export interface WeightedSamplerOptions extends OptionsOf<typeof options> {}

/**
 * Makes a sampler that draws examples with probabilities proportional to their weights.
 *
 * With replacement, it inverts the cumulative weights. Without, it draws a key log(u) / w for each example
 * (weight w, uniform u) and takes the `count` greatest, in descending order (Efraimidis & Spirakis 2006).
 *
 * @param weights one for each example, ≥ 0, with any sum. Weights from `exampleWeights` balance the classes.
 * @throws {ArgumentError} when a weight is negative or not finite, or too few are positive.
 * @example
 * const sampler = data.weightedSampler(data.exampleWeights(split.train))
 * data.loader(split.train, { batchSize: 64, sampler })
 */
export function weightedSampler(weights: ArrayLike<number>, given: WeightedSamplerOptions = {}): Sampler {
  const who = 'weightedSampler'
  if (Object(weights).length === undefined) throw mismatch(who, 'a weight for each example', weights)
  const { replacement, count = weights.length } = readOptions(who, options, given)
  const w = Float64Array.from(weights)
  const wrong = w.findIndex((weight) => !(weight >= 0 && weight < Number.POSITIVE_INFINITY))
  if (wrong >= 0) throw mismatch(who, 'finite weights ≥ 0', w[wrong], `look at weight ${wrong}`)
  const positive = w.reduce((n, weight) => n + (weight > 0 ? 1 : 0), 0)
  const needed = replacement ? 1 : count
  if (positive < needed) throw mismatch(who, `at least ${needed} positive weights`, positive)
  return {
    count,
    order: (dataset, seed, epoch) => {
      if (dataset.length !== w.length)
        throw mismatch(who, `${dataset.length} weights, one an example`, w.length)
      const stream = random(seed, 'sampler', epoch)
      return (replacement ? drawWithReplacement : drawWithoutReplacement)(w, count, stream)
    },
  }
}

function drawWithReplacement(weights: Float64Array, count: number, stream: Random): Int32Array {
  const ends = weights.slice()
  for (let i = 1; i < ends.length; i++) ends[i]! += ends[i - 1]!
  const total = ends.at(-1)!
  return Int32Array.from({ length: count }, () => firstAbove(ends, stream.uniform(0, total)))
}

/** Returns the first index whose cumulative weight in `ends` exceeds `value`; the weight there is not 0. */
function firstAbove(ends: Float64Array, value: number): number {
  let low = 0
  let high = ends.length - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ends[middle]! > value) high = middle
    else low = middle + 1
  }
  return low
}

function drawWithoutReplacement(weights: Float64Array, count: number, stream: Random): Int32Array {
  const keys = weights.map((w) => Math.log(1 - stream.uniform()) / w || 0) // 0 / w is −0
  const order = Int32Array.from(weights, (_, i) => i).filter((i) => weights[i]! > 0)
  return order.sort((a, b) => keys[b]! - keys[a]!).slice(0, count)
}
