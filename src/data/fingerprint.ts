import { sha256 } from '#platform'
import type { Hash } from '../platform/platform.ts'
import type { Dataset } from './dataset.ts'
import { isStream, type Source, type Sources } from './stream.ts'

/**
 * Returns a short hash of training and validation data, without test data: of every value and shape of a data set in memory, but
 * only of a stream's shapes, number of classes and own `fingerprint`.
 */
export const fingerprint = ({ train, validation }: Sources): string =>
  digest(addSource(addSource(sha256(), train), validation))

function addSource(hash: Hash, source: Source): Hash {
  if (!isStream(source)) return addExamples(hash, source)
  const { x, y, weights, classes, fingerprint } = source
  const own = [x.shape, x.dtype, y.shape, y.dtype, classes, fingerprint]
  return hash.update(JSON.stringify(weights ? [...own, weights.dtype] : own))
}

function addExamples(hash: Hash, { length, x, y, weights }: Dataset): Hash {
  for (const { data, shape, dtype } of weights ? [x, y, weights] : [x, y]) {
    hash.update(JSON.stringify([length, shape, dtype]))
    hash.update(data)
  }
  return hash
}

/** Returns a short hash of a data set's values and shapes; for a stream, see `fingerprint`. */
export const sourceFingerprint = (source: Source): string => digest(addSource(sha256(), source))

/** Returns a short hash of all values and shapes of one data set. */
export const examplesFingerprint = (dataset: Dataset): string => digest(addExamples(sha256(), dataset))

/** Returns a short hash of any value that can be written as JSON. */
export const valueFingerprint = (value: unknown): string => digest(sha256().update(JSON.stringify(value)))

/** Finishes the computation of a hash, and returns the first 32 hexadecimal digits. */
export const digest = (hash: Hash): string => hash.hex().slice(0, 32)
