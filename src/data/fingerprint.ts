import { createHash, type Hash } from 'node:crypto'
import type { Dataset } from './dataset.ts'
import { isStream, type Source, type Sources } from './stream.ts'

/**
 * A short hash of data. In memory, it covers every number, shape and label; of a stream, its shapes, its classes and
 * its own `fingerprint`.
 */
export function fingerprint({ train, validation }: Sources): string {
  const hash = createHash('sha256')
  for (const source of [train, validation]) addSource(hash, source)
  return digest(hash)
}

function addSource(hash: Hash, source: Source): void {
  if (isStream(source)) {
    const { x, y, classes, fingerprint } = source
    hash.update(JSON.stringify([x.shape, x.dtype, y.shape, y.dtype, classes, fingerprint]))
  } else addExamples(hash, source)
}

function addExamples(hash: Hash, { length, x, y }: Dataset): void {
  for (const { data, shape, dtype } of [x, y]) {
    hash.update(JSON.stringify([length, shape, dtype]))
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  }
}

/** A short hash of one data set. */
export function examplesFingerprint(dataset: Dataset): string {
  const hash = createHash('sha256')
  addExamples(hash, dataset)
  return digest(hash)
}

/** A short hash of anything that JSON can express. */
export const valueFingerprint = (value: unknown): string =>
  digest(createHash('sha256').update(JSON.stringify(value)))

/** The text of a fingerprint. */
export const digest = (hash: Hash): string => hash.digest('hex').slice(0, 32)
