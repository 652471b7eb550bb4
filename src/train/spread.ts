import { sizeOf } from '../core/shape.ts'
import type { Dataset } from '../data/dataset.ts'
import { moments } from '../data/normalize.ts'
import { rowNames } from '../data/record.ts'
import { isStream, type Source } from '../data/stream.ts'

/** Means and standard deviations of `x` over a data set: per feature or, with many features, over all numbers. */
export interface Spread {
  readonly mean: readonly number[]
  readonly deviation: readonly number[]
}

/** With at most this many features, a mean is computed for each feature; with more, one mean for all of them. */
const most = 256

const known = new WeakMap<object, Spread>()

/** Returns the spread of `x`, computed once for each data set; undefined for a stream and for integer inputs. */
export function spreadOf(source: Source): Spread | undefined {
  if (isStream(source) || source.x.dtype === 'int32') return undefined
  const before = known.get(source)
  if (before) return before
  const per = source.x.shape.length === 1 && sizeOf(source.x.shape) <= most ? 'feature' : 'all'
  if (source.x.tensors && per === 'all') return undefined
  const { mean, deviation } = moments(oneInput(source), { per })
  const made = { mean: Array.from(mean), deviation: Array.from(deviation) }
  known.set(source, made)
  return made
}

/** Returns the rows of several inputs as one input. */
const oneInput = ({ x: { tensors, ...x }, ...source }: Dataset): Dataset => ({ ...source, x })

const namesIn = ({ x: { tensors }, featureNames }: Dataset): readonly string[] | undefined =>
  tensors ? rowNames(tensors) : featureNames

/** Number of the training data's standard deviations by which the mean of other data may differ from theirs. */
const far = 5

/**
 * Compares the mean of `x` with the training data's.
 *
 * @param isNumber whether each feature is a number whose mean says something. @default all are
 * @returns a warning, such as `x[3] has mean 41.2, where it was 0.01 ± 1`; undefined if the data look alike
 */
export function strangeness(
  source: Source,
  wanted: Spread | undefined,
  isNumber?: readonly boolean[],
): string | undefined {
  if (wanted === undefined || isStream(source) || source.x.dtype === 'int32') return undefined
  const { mean } = moments(oneInput(source), { per: wanted.mean.length === 1 ? 'all' : 'feature' })
  const off = (i: number): number =>
    isNumber?.[i] === false ? 0 : Math.abs(mean[i]! - wanted.mean[i]!) / wanted.deviation[i]!
  const worst = Array.from(mean.keys()).reduce((a, b) => (off(b) > off(a) ? b : a))
  if (!(off(worst) > far)) return undefined
  const name = mean.length === 1 ? 'x' : (namesIn(source)?.[worst] ?? `feature ${worst} of x`)
  const [got, was, scale] = [mean[worst]!, wanted.mean[worst]!, wanted.deviation[worst]!].map((v) =>
    Number(v.toPrecision(3)),
  )
  return `${name} has mean ${got}, where it was ${was} ± ${scale} in training`
}
