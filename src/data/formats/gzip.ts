import { gunzip, mostBytes } from '#platform'
import { joinBytes } from '../../core/bytes.ts'
import { FormatError } from '../../core/errors.ts'
import { malformed } from '../../core/mismatch.ts'

/**
 * Decompresses the bytes of a gzip file; returns bytes that are not gzip unchanged.
 *
 * @throws {FormatError} when it is truncated or damaged, or holds more bytes than `most` allows.
 */
export function unzip(file: Uint8Array, name: string, most: Most = {}): Uint8Array {
  if (!isGzip(file)) return file
  const { bytes: maxOutputLength = mostBytes, reason = 'more bytes than fit into memory' } = most
  try {
    return gunzip(file, { size: sizeHint(file), most: maxOutputLength })
  } catch (cause) {
    const isLong = (cause as { readonly code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE'
    if (isLong) throw malformed(name, `up to ${maxOutputLength} bytes in the gzip file`, reason)
    throw damagedGzip(name, cause)
  }
}

/** Maximum number of bytes that a gzip file may expand to, and the error's words for a file that exceeds it. */
interface Most {
  readonly bytes?: number
  readonly reason?: string
}

/** Maximum number of bytes that `unzipNatively` makes of one member of a gzip file. */
const mostNatively = 1 << 25

/**
 * Decompresses the bytes of a gzip file by `DecompressionStream`, which takes a browser a tenth of the time of `unzip`. Returns
 * bytes that it does not accept, as well as a member that expands to over 32 MB, unchanged: `unzip` reads them or says what is
 * wrong.
 */
export async function unzipNatively(file: Uint8Array): Promise<Uint8Array> {
  try {
    return isGzip(file) ? joinBytes(await Promise.all(members(file).map(inflatedNatively))) : file
  } catch {
    return file
  }
}

/**
 * Splits a gzip file where a member seems to begin: browsers refuse more than one. Bytes inside a member may look alike; its
 * checksum is wrong then.
 */
function members(file: Uint8Array): Uint8Array[] {
  const starts: number[] = []
  for (let at = file.indexOf(0x1f); at >= 0; at = file.indexOf(0x1f, at + 1))
    if (file[at + 1] === 0x8b && file[at + 2] === 8 && file[at + 3]! < 32) starts.push(at)
  return starts.map((start, i) => file.subarray(start, starts[i + 1]))
}

async function inflatedNatively(member: Uint8Array): Promise<Uint8Array> {
  const packed = new Blob([member as Uint8Array<ArrayBuffer>]).stream()
  const reader = packed.pipeThrough(new DecompressionStream('gzip')).getReader()
  const pieces: Uint8Array[] = []
  for (let length = 0; length <= mostNatively; ) {
    const { done, value } = await reader.read()
    if (done) return joinBytes(pieces)
    pieces.push(value)
    length += value.length
  }
  await reader.cancel()
  throw new RangeError('more bytes')
}

/** Number of compressed bytes of a file that `unzipStart` decompresses. */
const prefix = 1 << 12

/** Returns the first bytes of a file, decompressed if gzipped: some kilobytes, or all of a shorter file. */
export function unzipStart(file: Uint8Array, name: string): Uint8Array {
  if (!isGzip(file)) return file.subarray(0, prefix)
  try {
    return gunzip(file.subarray(0, prefix), { isStart: true })
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
