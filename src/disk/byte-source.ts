import { fstatSync } from 'node:fs'
import { readBytes, readRange } from './read-bytes.ts'

/** Bytes that are read on demand, such as those of a file. */
export interface ByteSource {
  readonly length: number
  /** Returns the bytes from `start` to `end` (exclusive), in memory of their own. */
  read(start: number, end: number): Uint8Array<ArrayBuffer>
}

/** Returns the bytes of an array as a source. */
export const bytesSource = (bytes: Uint8Array): ByteSource => ({
  length: bytes.length,
  read: (start, end) => new Uint8Array(bytes.subarray(start, end)),
})

/** Returns the bytes of an open file as a source. Reads a pipe at once, since it cannot be read twice. */
export function fileSource(file: number, path: string): ByteSource {
  const stats = fstatSync(file)
  if (!stats.isFile()) return bytesSource(readBytes(file, path))
  return { length: stats.size, read: (start, end) => readRange(file, start, end, path) }
}
