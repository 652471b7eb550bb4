import { createHash, type Hash } from 'node:crypto'
import type { Dataset } from './dataset.ts'
import { isStream, type Source, type Sources, type Stream } from './stream.ts'

/**
 * A short text that differs when any number, shape or label of data in memory differs. Of a stream, it differs with
 * the shapes, the classes and what the stream has as its own `fingerprint`.
 */
export function fingerprint({ train, validation }: Sources): string {
  const hash = createHash('sha256')
  for (const source of [train, validation]) addSource(hash, source)
  return digest(hash)
}

function addSource(hash: Hash, source: Source): void {
  if (isStream(source)) addSpec(hash, source)
  else addExamples(hash, source)
}

function addSpec(hash: Hash, { x, y, classes, fingerprint }: Stream): void {
  hash.update(JSON.stringify([x.shape, x.dtype, y.shape, y.dtype, classes, fingerprint]))
}

function addExamples(hash: Hash, { length, x, y }: Dataset): void {
  for (const { data, shape, dtype } of [x, y]) {
    hash.update(JSON.stringify([length, shape, dtype]))
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  }
}

/** The fingerprint of a data set by itself. */
export function examplesFingerprint(dataset: Dataset): string {
  const hash = createHash('sha256')
  addExamples(hash, dataset)
  return digest(hash)
}

/** The text of a hash. */
export const digest = (hash: Hash): string => hash.digest('hex').slice(0, 32)

/** The fingerprint of anything that JSON can say. */
export const valueFingerprint = (value: unknown): string =>
  digest(createHash('sha256').update(JSON.stringify(value)))
