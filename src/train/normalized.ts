import type { Data } from '../core/dtype.ts'
import { sizeOf } from '../core/shape.ts'
import type { Dataset } from '../data/dataset.ts'
import { standardize } from '../data/normalize.ts'
import { encoder } from '../data/table/encoder.ts'
import type { About } from './run-graph.ts'
import { strangeness } from './spread.ts'

/** Returns a data set normalized with the moments by which the run's own data were normalized. */
export const normalizedAs = (dataset: Dataset, { recipe }: About): Dataset =>
  (recipe?.normalized ?? [])
    .map(({ mean, deviation, ...input }) => ({
      mean: Float64Array.from(mean),
      deviation: Float64Array.from(deviation),
      ...input,
    }))
    .reduce<Dataset>(standardize, dataset)

/** Returns the inputs of some examples, normalized as the run's own data were. */
export function normalizedX(data: Data, about: About): Data {
  const { shape, dtype, tensors } = about.x
  const y = { shape: [0], dtype, data: data.subarray(0, 0) }
  const x = { shape, dtype, data, ...(tensors && { tensors }) }
  return normalizedAs({ x, y, length: data.length / sizeOf(shape) }, about).x.data
}

/** Returns a warning if the mean of a column of numbers is far from that in training; undefined if none is. */
export function strangenessOf(data: Dataset, { recipe, x }: About): string | undefined {
  const columns = recipe?.encoding && encoder(recipe.encoding).columns
  const isNumber = columns?.flatMap(({ kind, features }) => features.map(() => kind === 'number'))
  return strangeness(data, x.spread, isNumber)
}
