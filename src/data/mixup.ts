import type { Data } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { checkMemory } from '../core/memory.ts'
import { mismatch } from '../core/mismatch.ts'
import { checkNoMore, number, type OptionsOf, readOptions } from '../core/options.ts'
import type { Random } from '../core/random.ts'
import { checkDataset, type Dataset, dataset, hasLabels, namesOf, type Values } from './dataset.ts'
import { recipeOf, withRecipe } from './recipe.ts'
import type { Transform } from './transform.ts'

const options = {
  /** α of the mixing weight λ ~ Beta(α, α): λ is almost 0 or 1 for α near 0, uniform for α = 1. @default 0.2 */
  alpha: number({ above: 0 }, 0.2),
}

/**
 * Replaces each example (x, y) by a weighted mean with a random example (x′, y′) of the data set, to which the
 * preceding transforms of the list were also applied:
 *
 *     x ← λx + (1 − λ)x′   y ← λy + (1 − λ)y′   λ ~ Beta(α, α)
 *
 * @throws {ArgumentError} when `y` holds labels (encode them with `oneHot` first), when `x` holds integers, or
 *   the source is a stream.
 *
 * Source: Zhang, Cissé, Dauphin & Lopez-Paz 2018, https://arxiv.org/abs/1710.09412, which draws the other
 * example from the same batch. Here the result does not depend on the batch.
 */
export function mixup(given: OptionsOf<typeof options> = {}): Transform {
  const { alpha } = readOptions('mixup', options, given)
  return {
    name: 'mixup',
    options: { alpha },
    mixes: true,
    check: (x, y) => {
      if (!x.dtype.startsWith('float')) {
        throw new ArgumentError(`mixup: wanted x of floats, got ${x.dtype}; codes and counts cannot be mixed`)
      }
      if (!y.dtype.startsWith('float')) {
        throw new ArgumentError(
          `mixup: wanted y of floats, got ${y.dtype}; turn labels into probabilities with data.oneHot`,
        )
      }
    },
    apply: ({ x, y }, { random, length, other }) => {
      const weight = beta(alpha, random)
      const { x: x2, y: y2 } = other(Math.floor(random.uniform(0, length)))
      mix(x, x2, weight)
      mix(y, y2, weight)
    },
  }
}

function mix(a: Data, b: Data, weight: number): void {
  for (let i = 0; i < a.length; i++) a[i] = weight * Number(a[i]) + (1 - weight) * Number(b[i])
}

/** Draws a number from Beta(α, α), from the logarithms of two gamma variables: never NaN, even for tiny α. */
function beta(alpha: number, random: Random): number {
  const a = logGamma(alpha, random)
  return 1 / (1 + Math.exp(logGamma(alpha, random) - a))
}

/** Draws log g for g ~ Gamma(α, 1). Source: Marsaglia & Tsang 2000, with Gamma(α) = Gamma(α + 1) · U^(1/α). */
function logGamma(alpha: number, random: Random): number {
  const d = alpha + 1 - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  const boost = Math.log(1 - random.uniform()) / alpha
  for (;;) {
    const z = random.normal()
    const v = (1 + c * z) ** 3
    const u = 1 - random.uniform()
    if (v > 0 && Math.log(u) < (z * z) / 2 + d * (1 - v + Math.log(v))) return Math.log(d * v) + boost
  }
}

/**
 * Returns a data set with each label replaced by a float32 vector `[classes]`: 1 for the label's class, 0 for
 * all others. Weights, names and codes of features are kept, and how the data were made from a file.
 *
 * @throws {ArgumentError} when `y` holds targets, not labels, or when a label is not a class or is to be
 *   ignored.
 */
export function oneHot(source: Dataset, ...more: readonly never[]): Dataset {
  checkNoMore('oneHot', more)
  checkDataset('oneHot', source)
  const { x, y, weights, length, classes, ignoreIndex } = source
  if (classes === undefined || !hasLabels(source)) {
    throw new ArgumentError(`oneHot: wanted labels, got targets of ${y.dtype}`)
  }
  checkMemory('oneHot', `probabilities of ${classes} classes for ${length} examples`, 4 * length * classes)
  const rows = new Float32Array(length * classes)
  for (let i = 0; i < length; i++) {
    const label = Number(y.data[i])
    if (label === ignoreIndex) {
      throw new ArgumentError(`oneHot: wanted labels that count, got ${label}; drop such examples first`)
    }
    if (label >= 0 && label < classes) rows[i * classes + label] = 1
    else throw mismatch('oneHot', `labels from 0 to ${classes - 1}`, label, `see example ${i}`)
  }
  const columns = { x: x.data as Values, y: rows, shape: x.shape, targetShape: [classes] }
  return withRecipe(
    dataset({
      ...columns,
      ...(weights && { weights: weights.data as Values }),
      ...namesOf({ ...source, ignoreIndex: undefined }),
    }),
    recipeOf(source),
  )
}
