import { ArgumentError } from '../core/errors.ts'
import { type Dataset, type Split, subset } from '../data/dataset.ts'
import { isStream } from '../data/stream.ts'
import type { Experiment } from '../train/experiment.ts'

/** An experiment whose data are in memory, not a stream: diagnostics read the data many times. */
export type InMemory = Experiment & { readonly data: Split }

/**
 * Returns the experiment after checking that its data are in memory.
 *
 * @throws {ArgumentError} when the experiment trains or validates on a stream.
 */
export function inMemory(experiment: Experiment): InMemory {
  const { train, validation } = experiment.data
  if (!isStream(train) && !isStream(validation)) return { ...experiment, data: { train, validation } }
  throw new ArgumentError(
    'doctor: wanted data sets in memory, got a stream; collect a part of it with data.collect',
  )
}

/** Returns a data set of at most `most` examples, taken at even intervals from `dataset`. */
export function evenSubset(dataset: Dataset, most: number): Dataset {
  if (dataset.length <= most) return dataset
  const evenly = { length: most }
  return subset(
    dataset,
    Int32Array.from(evenly, (_, i) => Math.floor((i * dataset.length) / most)),
  )
}

/** Deals the examples of a data set in turn into `parts` data sets, or one per example if there are fewer. */
export function dealtInto(parts: number, dataset: Dataset): readonly Dataset[] {
  const all = Int32Array.from({ length: dataset.length }, (_, i) => i)
  const count = Math.min(parts, dataset.length)
  return Array.from({ length: count }, (_, part) =>
    subset(
      dataset,
      all.filter((i) => i % count === part),
    ),
  )
}
