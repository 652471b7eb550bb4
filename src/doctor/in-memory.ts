import { ArgumentError } from '../core/errors.ts'
import type { Split } from '../data/dataset.ts'
import { isStream } from '../data/stream.ts'
import type { Experiment } from '../train/experiment.ts'

/** An experiment whose data are in memory, not a stream, because diagnostics read the data many times. */
export type InMemory = Experiment & { readonly data: Split }

/**
 * Returns the experiment unchanged after checking that its data are in memory.
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
