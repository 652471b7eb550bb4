import { fstatSync } from '#files'
import { type ByteSource, bytesSource } from '../core/byte-source.ts'
import { readBytes, readRange } from './read-bytes.ts'

/** Returns an open file as a source of bytes. A pipe is read at once, since it cannot be read twice. */
export function fileSource(file: number, path: string): ByteSource {
  const stats = fstatSync(file)
  if (!stats.isFile() || stats.size === 0) return bytesSource(readBytes(file, path))
  return { length: stats.size, read: (start, end) => readRange(file, start, end, path) }
}
