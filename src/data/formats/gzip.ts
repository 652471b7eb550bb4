import { gunzipSync } from 'node:zlib'
import { FormatError } from '../../core/errors.ts'

/**
 * What a gzip file holds; other bytes as they are.
 *
 * @throws {FormatError} when it is truncated or damaged.
 */
export function unzip(file: Uint8Array, name: string): Uint8Array {
  if (file[0] !== 0x1f || file[1] !== 0x8b) return file
  try {
    return gunzipSync(file, { chunkSize: sizeHint(file) })
  } catch (cause) {
    throw new FormatError(`${name}: wanted a whole gzip file, got one that is truncated or damaged`, {
      cause,
    })
  }
}

/** The last four bytes say how long the content is: inflated in one piece, it need not be put together again. */
function sizeHint(file: Uint8Array): number {
  const { buffer, byteOffset, length } = file
  const said = length < 18 ? 0 : new DataView(buffer, byteOffset + length - 4, 4).getUint32(0, true)
  return Math.min(Math.max(said, 1 << 14), 1 << 28, 1100 * length) // deflate shrinks to 1/1032 at most
}
