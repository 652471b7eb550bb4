import { fstatSync, readSync } from '#files'
import { joinBytes, mostAtOnce } from '../core/bytes.ts'
import { malformed } from '../core/mismatch.ts'

/**
 * Returns all bytes of an open file, of any size that fits into memory. A file without a size, such as a pipe,
 * is read to its end.
 *
 * @param path path to show in error messages
 * @throws {FormatError} when the file ends early, because it was shortened during reading.
 */
export function readBytes(file: number, path: string): Uint8Array<ArrayBuffer> {
  const stats = fstatSync(file)
  return stats.isFile() && stats.size > 0
    ? new Uint8Array(readRange(file, 0, stats.size, path))
    : readToEnd(file)
}

/**
 * Returns the bytes of an open file from offset `start` to offset `end` (exclusive), possibly more than the 4
 * GiB that a Uint8Array can hold.
 *
 * @throws {FormatError} when the file ends early, as in `readBytes`.
 */
export function readRange(file: number, start: number, end: number, path: string): ArrayBuffer {
  const buffer = new ArrayBuffer(end - start)
  for (let at = 0; at < buffer.byteLength; ) {
    const piece = new Uint8Array(buffer, at, Math.min(buffer.byteLength - at, mostAtOnce))
    const read = readSync(file, piece, 0, piece.length, start + at)
    if (read <= 0)
      throw malformed(path, `${end} bytes`, `${start + at}`, 'the file changed while it was read')
    at += read
  }
  return buffer
}

function readToEnd(file: number): Uint8Array<ArrayBuffer> {
  const pieces: Uint8Array[] = []
  for (;;) {
    const piece = new Uint8Array(65_536)
    const read = readSync(file, piece, 0, piece.length, null)
    if (read === 0) return joinBytes(pieces)
    pieces.push(piece.subarray(0, read))
  }
}
