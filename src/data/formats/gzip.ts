import { gunzipSync } from 'node:zlib'
import { FormatError } from '../../core/errors.ts'

/**
 * Decompresses the bytes of a gzip file; returns bytes that are not gzip unchanged.
 *
 * @throws {FormatError} when it is truncated or damaged.
 */
export function unzip(file: Uint8Array, name: string): Uint8Array {
  if (!isGzip(file)) return file
  try {
    return gunzipSync(file, { chunkSize: sizeHint(file) })
  } catch (cause) {
    throw damagedGzip(name, cause)
  }
}

/** Whether bytes start as a gzip file does. */
export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

/** Returns the error for a gzip file that is truncated or damaged. */
export const damagedGzip = (name: string, cause: unknown): FormatError =>
  new FormatError(`${name}: wanted a whole gzip file, got one that is truncated or damaged`, { cause })

/** Returns the decompressed size that gzip's last 4 bytes state, limited to 32 MB, to allocate a buffer. */
function sizeHint({ buffer, byteOffset, length }: Uint8Array): number {
  const size = length < 18 ? 0 : new DataView(buffer, byteOffset + length - 4, 4).getUint32(0, true)
  return Math.min(Math.max(size, 1 << 14), 1 << 25, 1100 * length) // deflate shrinks to 1/1032 at most
}
