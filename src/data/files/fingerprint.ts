import { createHash, type Hash } from 'node:crypto'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import type { Dataset } from '../dataset.ts'
import { isStream, type Source, type Sources, type Stream } from '../stream.ts'

/**
 * A short text that differs when any number, shape or label of data in memory differs. Of a stream, it differs with
 * the shapes, the classes and what the stream has as its own `fingerprint`.
 */
export function fingerprint({ train, validation }: Sources): string {
  const hash = createHash('sha256')
  for (const source of [train, validation]) addSource(hash, source)
  return textOf(hash)
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
  return textOf(hash)
}

const textOf = (hash: Hash): string => hash.digest('hex').slice(0, 32)

/**
 * The fingerprint of a file that may be large, with what it is read by: its size, and 64 kB of it at its beginning, its
 * middle and its end. Its name and its time of change do not count: a copy is the same file.
 */
export function fileFingerprint(path: string, options: object): string {
  const hash = createHash('sha256').update(JSON.stringify(options))
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    hash.update(`${size}`)
    for (const at of [0, Math.floor((size - sample) / 2), size - sample]) hash.update(bytesAt(file, at))
  } finally {
    closeSync(file)
  }
  return textOf(hash)
}

const sample = 65_536

/** Up to `sample` bytes from `at` on. */
function bytesAt(file: number, at: number): Uint8Array {
  const bytes = new Uint8Array(sample)
  return bytes.subarray(0, readSync(file, bytes, 0, sample, Math.max(0, at)))
}

/** The fingerprint of anything that JSON can say. */
export const valueFingerprint = (value: unknown): string =>
  textOf(createHash('sha256').update(JSON.stringify(value)))
