import { allocate } from '../core/dtype.ts'
import { sizeOf } from '../core/shape.ts'
import type { Dataset, Field, Split } from './dataset.ts'

export interface NormalizeOptions {
  /** One mean and deviation for `all` numbers of x, as for images, or for each `feature`. `all` unless given. */
  readonly per?: 'all' | 'feature'
}

/**
 * Both parts of a split with `x` shifted and scaled to mean 0 and standard deviation 1, as the training part has
 * them: what is measured on learns nothing from itself.
 *
 *     x ← (x − mean) / deviation
 *
 * A feature that never varies is shifted only.
 */
export function normalize({ train, validation }: Split, { per = 'all' }: NormalizeOptions = {}): Split {
  const moments = momentsOf(train.x, per === 'all' ? 1 : sizeOf(train.x.shape))
  const apply = (dataset: Dataset): Dataset => ({ ...dataset, x: standardized(dataset.x, moments) })
  return { train: apply(train), validation: apply(validation) }
}

interface Moments {
  readonly mean: Float64Array
  readonly deviation: Float64Array
}

/** Mean and biased deviation of every `groups`-th number, centred first. */
function momentsOf({ data }: Field, groups: number): Moments {
  const n = data.length / groups
  const mean = new Float64Array(groups)
  for (let i = 0; i < data.length; i++) mean[i % groups]! += Number(data[i]) / n
  const variance = new Float64Array(groups)
  for (let i = 0; i < data.length; i++)
    variance[i % groups]! += (Number(data[i]) - mean[i % groups]!) ** 2 / n
  return { mean, deviation: variance.map((v) => Math.sqrt(v) || 1) }
}

function standardized({ data, shape, dtype }: Field, { mean, deviation }: Moments): Field {
  const out = allocate(dtype, data.length)
  const groups = mean.length
  for (let i = 0; i < data.length; i++)
    out[i] = (Number(data[i]) - mean[i % groups]!) / deviation[i % groups]!
  return { data: out, shape, dtype }
}
