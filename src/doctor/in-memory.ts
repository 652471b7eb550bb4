import { ArgumentError } from '../core/errors.ts'
import type { Split } from '../data/dataset.ts'
import { isStream } from '../data/stream.ts'
import type { Experiment } from '../train/experiment.ts'

/** An experiment whose data are in memory: what is examined is asked for again and again. */
export type InMemory = Experiment & { readonly data: Split }

/** @throws {ArgumentError} when the experiment learns from a stream, or is measured on one. */
export function inMemory(experiment: Experiment): InMemory {
  const { train, validation } = experiment.data
  if (!isStream(train) && !isStream(validation)) return { ...experiment, data: { train, validation } }
  throw new ArgumentError('doctor: wanted data sets in memory, got a stream; data.collect a part of it')
}
