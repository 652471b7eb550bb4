import { closeSync, createReadStream, openSync, readSync, statSync } from 'node:fs'
import { pipeline } from 'node:stream'
import { constants, createGunzip, gunzipSync } from 'node:zlib'
import { damagedGzip, isGzip, unzip } from '../formats/gzip.ts'
import { explained, fileName, readFile } from './read-file.ts'

/** Number of bytes of a file that are read at a time. */
const pieceSize = 1 << 20

/**
 * Returns a file's bytes, decompressed if gzipped, in pieces of `pieceSize` bytes, each of which overwrites the
 * previous one; and the total number of bytes.
 */
export function pieces(path: string): { readonly bytes: Iterable<Uint8Array>; readonly length: number } {
  if (!isGzipFile(path)) return { bytes: rawPieces(path), length: statSync(path).size }
  const bytes = unzip(readFile(path), fileName(path))
  return { bytes: cut(bytes), length: bytes.length }
}

function* cut(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceSize) yield bytes.subarray(at, at + pieceSize)
}

function* rawPieces(path: string): Generator<Uint8Array> {
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.allocUnsafe(pieceSize)
    for (;;) {
      const n = readSync(file, bytes, 0, pieceSize, null)
      if (n === 0) return
      yield bytes.subarray(0, n)
    }
  } finally {
    closeSync(file)
  }
}

/** Number of compressed bytes that `firstPieces` decompresses first; they expand to 66 MB at most. */
const prefix = 1 << 16

/** Like `pieces`, but decompresses at first only the beginning of a gzipped file, and the rest on demand. */
export function* firstPieces(path: string): Generator<Uint8Array> {
  if (!isGzipFile(path)) return yield* rawPieces(path)
  const [first] = rawPieces(path)
  let start = new Uint8Array(0)
  try {
    start = gunzipSync(first!.subarray(0, prefix), { finishFlush: constants.Z_SYNC_FLUSH })
  } catch {
    // Damaged: decompressing all of the file reports that.
  }
  yield start
  yield unzip(readFile(path), fileName(path)).subarray(start.length)
}

/** Whether a file starts as gzip does. @throws {FormatError} when there is no such file. */
function isGzipFile(path: string): boolean {
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    const bytes = new Uint8Array(2)
    readSync(file, bytes, 0, 2, 0)
    return isGzip(bytes)
  } catch (cause) {
    throw explained(path, cause)
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

/**
 * Like `pieces`, but asynchronous: it does not block, nor does it keep a whole gzipped file in memory.
 *
 * @throws {FormatError} when there is no such file, or when a gzipped file is truncated or damaged.
 */
export async function* piecesLater(path: string): AsyncGenerator<Uint8Array> {
  const isZipped = isGzipFile(path) // first: a stream of no file would emit an error that nobody hears
  const file = createReadStream(path, { highWaterMark: pieceSize })
  // `pipeline` passes errors on to the last stream, and closes the file when that is destroyed.
  const bytes = isZipped ? pipeline(file, createGunzip({ chunkSize: pieceSize }), () => {}) : file
  try {
    for await (const piece of bytes) yield piece
  } catch (cause) {
    const isDamaged = cause instanceof Error && 'code' in cause && String(cause.code).startsWith('Z_')
    throw isDamaged ? damagedGzip(fileName(path), cause) : explained(path, cause)
  }
}
