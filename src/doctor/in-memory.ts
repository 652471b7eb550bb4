import { ArgumentError } from '../core/errors.ts'
import { type Dataset, type Split, subset } from '../data/dataset.ts'
import { isStream } from '../data/stream.ts'
import type { Experiment } from '../train/experiment.ts'

/** An experiment whose data are in memory, since diagnostics read the same examples many times. */
export type InMemory = Experiment & { readonly data: Split }

/** @throws {ArgumentError} when the training or the validation data are a stream. */
export function inMemory(experiment: Experiment): InMemory {
  const { train, validation } = experiment.data
  if (!isStream(train) && !isStream(validation)) return { ...experiment, data: { train, validation } }
  throw new ArgumentError('doctor: wanted data sets in memory, got a stream; data.collect a part of it')
}

/** Returns up to `most` examples of a data set, evenly spaced. */
export function evenSubset(dataset: Dataset, most: number): Dataset {
  if (dataset.length <= most) return dataset
  const evenly = { length: most }
  return subset(
    dataset,
    Int32Array.from(evenly, (_, i) => Math.floor((i * dataset.length) / most)),
  )
}
