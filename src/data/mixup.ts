import { allocate, type Data } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { checkKnown, mismatch } from '../core/mismatch.ts'
import type { Random } from '../core/random.ts'
import { type Dataset, dataset, type Values } from './dataset.ts'
import type { Transform } from './transform.ts'

/**
 * Examples mixed with others, any of the data set, as transformed so far:
 *
 *     x ← λx + (1 − λ)x′   y ← λy + (1 − λ)y′   λ ~ Beta(α, α)
 *
 * @param options.alpha α > 0: small for λ near 0 or 1, 1 for a uniform λ; 0.2 unless given
 * @throws {ArgumentError} when y are labels, which cannot be mixed: see `oneHot`; or the examples are a stream.
 *
 * Source: Zhang, Cissé, Dauphin & Lopez-Paz 2018, https://arxiv.org/abs/1710.09412. There the other example is
 * one of the same batch; here one of the data set, so that the result does not depend on the batch.
 */
export function mixup(options: { alpha?: number } = {}): Transform {
  checkKnown('mixup', options, { alpha: true })
  const { alpha = 0.2 } = options
  if (!(alpha > 0 && alpha < Number.POSITIVE_INFINITY)) throw mismatch('mixup', 'alpha > 0', alpha)
  return {
    name: 'mixup',
    mixes: true,
    check: (_, y) => {
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

/** Beta(α, α) from two gamma variables, whose logarithms are finite however small α is. */
function beta(alpha: number, random: Random): number {
  const a = logGamma(alpha, random)
  const b = logGamma(alpha, random)
  return 1 / (1 + Math.exp(b - a))
}

/**
 * The logarithm of a Gamma(α, 1) variable.
 *
 * Source: Marsaglia & Tsang 2000, with Gamma(α) = Gamma(α + 1) · U^(1/α).
 */
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
 * A data set whose labels have become probabilities, 1 for the class and 0 for the others: `[classes]` float32.
 *
 * @throws {ArgumentError} when y is not labels.
 */
export function oneHot({ x, y, length, classes, featureNames }: Dataset): Dataset {
  if (classes === undefined) throw new ArgumentError(`oneHot: wanted labels, got targets of ${y.dtype}`)
  const rows = allocate('float32', length * classes) as Float32Array
  for (let i = 0; i < length; i++) rows[i * classes + Number(y.data[i])] = 1
  const columns = { x: x.data as Values, y: rows, shape: x.shape, targetShape: [classes] }
  return dataset(featureNames === undefined ? columns : { ...columns, featureNames })
}
