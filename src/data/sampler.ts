import { checkKnown, mismatch } from '../core/mismatch.ts'
import { type Random, random } from '../core/random.ts'
import type { Dataset } from './dataset.ts'

/** Which examples an epoch has, and in which order. */
export interface Sampler {
  /** How many examples an epoch has. */
  readonly count: number
  /** The examples of an epoch by number: the same for the same (seed, epoch). */
  order(dataset: Dataset, seed: number, epoch: number): Int32Array
}

export interface WeightedSamplerOptions {
  /** Whether an example may come more than once an epoch; true unless given. */
  readonly replacement?: boolean
  /** Examples an epoch; as many as there are weights unless given. */
  readonly count?: number
}

/**
 * Examples drawn in proportion to their weights.
 *
 * With replacement by the inverse of the cumulative weights; without it the `count` greatest of log(u) / w, in
 * that order (Efraimidis & Spirakis 2006), which is to draw one after another from what is left.
 *
 * @param weights one for each example, ≥ 0; they need not add up to 1. `exampleWeights` balances classes.
 * @throws {ArgumentError} when a weight is negative or not finite, or too few are positive.
 * @example data.loader(split.train, { batchSize: 64, sampler: data.weightedSampler(data.exampleWeights(split.train)) })
 */
export function weightedSampler(weights: ArrayLike<number>, options: WeightedSamplerOptions = {}): Sampler {
  const who = 'weightedSampler'
  checkKnown(who, options, { replacement: true, count: true })
  const { replacement = true, count = weights.length } = options
  const w = Float64Array.from(weights)
  const wrong = w.findIndex((weight) => !(weight >= 0 && weight < Number.POSITIVE_INFINITY))
  if (wrong >= 0) throw mismatch(who, 'finite weights ≥ 0', w[wrong], `look at weight ${wrong}`)
  if (!Number.isInteger(count) || count < 1) throw mismatch(who, 'count as a positive integer', count)
  const positive = w.reduce((n, weight) => n + (weight > 0 ? 1 : 0), 0)
  const needed = replacement ? 1 : count
  if (positive < needed) throw mismatch(who, `at least ${needed} positive weights`, positive)
  return {
    count,
    order: (dataset, seed, epoch) => {
      if (dataset.length !== w.length) {
        throw mismatch(who, `${dataset.length} weights, one an example`, w.length)
      }
      const stream = random(seed, 'sampler', epoch)
      return replacement ? drawAgain(w, count, stream) : drawOnce(w, count, stream)
    },
  }
}

function drawAgain(weights: Float64Array, count: number, stream: Random): Int32Array {
  const ends = weights.slice()
  for (let i = 1; i < ends.length; i++) ends[i]! += ends[i - 1]!
  const total = ends.at(-1)!
  return Int32Array.from({ length: count }, () => firstAbove(ends, stream.uniform(0, total)))
}

/** The first place whose number is greater than `value`; one of weight 0 is never it. */
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

function drawOnce(weights: Float64Array, count: number, stream: Random): Int32Array {
  const keys = weights.map((w) => Math.log(1 - stream.uniform()) / w || 0) // 0 / w is −0
  const order = Int32Array.from(weights, (_, i) => i).filter((i) => weights[i]! > 0)
  return order.sort((a, b) => keys[b]! - keys[a]!).slice(0, count)
}
