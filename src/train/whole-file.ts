import { closeSync, fsync, openSync, renameSync, writeFileSync, writev } from 'node:fs'
import { platform } from 'node:os'
import { promisify } from 'node:util'

// Opening, closing and renaming take microseconds and are synchronous. Writing and flushing wait for the disk,
// so they run on the threads of Node.js while training continues.

const write = promisify(writev)

const flush = promisify(fsync)

/** Codes of file systems that cannot flush a file or folder, such as some network mounts: there, nothing is left to do. */
const unable: readonly unknown[] = ['EINVAL', 'ENOTSUP', 'ENOSYS']

/** Flushes a file, given by its descriptor, to disk. */
export async function flushed(file: number): Promise<void> {
  try {
    await flush(file)
  } catch (error) {
    if (!unable.includes((error as NodeJS.ErrnoException).code)) throw error
  }
}

/** Writes chunks of bytes to a file and flushes it to disk. The chunks must not change before that. */
export async function writeFlushed(path: string, chunks: readonly Uint8Array[]): Promise<void> {
  const file = openSync(path, 'w')
  try {
    let rest: readonly Uint8Array[] = chunks.filter(({ length }) => length > 0)
    while (rest.length > 0) {
      const piece = [...upTo(rest, mostAtOnce)]
      const { bytesWritten } = await write(file, piece)
      if (bytesWritten <= 0 || bytesWritten > lengthOf(piece))
        throw new Error(`${path}: wanted ${lengthOf(piece)} bytes written, got ${bytesWritten}`)
      rest = after(rest, bytesWritten)
    }
    await flushed(file)
  } finally {
    closeSync(file)
  }
}

/** Most bytes of one write: Node.js reports the bytes written as an int32, which 2 GiB would overflow. */
const mostAtOnce = 2 ** 30

const lengthOf = (chunks: readonly Uint8Array[]): number =>
  chunks.reduce((sum, { length }) => sum + length, 0)

/** Returns the first chunks that fit into `most` bytes; a part of the first chunk if it alone is longer. */
function upTo(chunks: readonly Uint8Array[], most: number): readonly Uint8Array[] {
  let [count, length] = [0, 0]
  while (count < chunks.length && length + chunks[count]!.length <= most) length += chunks[count++]!.length
  return count > 0 ? chunks.slice(0, count) : [chunks[0]!.subarray(0, most)]
}

/** Returns the chunks without their first `count` bytes, which are already written. */
function after(chunks: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  let [at, left] = [0, count]
  while (at < chunks.length && left >= chunks[at]!.length) left -= chunks[at++]!.length
  return chunks.slice(at).map((chunk, i) => (i === 0 ? chunk.subarray(left) : chunk))
}

/** Returns the temporary path at which a file or folder is written before it is renamed to `path`. */
export const partialOf = (path: string): string => `${path}${partialSuffix}`

/** Suffix of the name of a file or folder while it is being written. */
export const partialSuffix = '.partial'

/** Writes a file atomically: writes it under a temporary name, then renames it. */
export function writeWhole(path: string, content: string | Uint8Array): void {
  writeFileSync(partialOf(path), content)
  renameSync(partialOf(path), path)
}

/** Writes a file atomically, like `writeWhole`, and also flushes it to disk. */
export async function replaceFile(path: string, chunks: readonly Uint8Array[]): Promise<void> {
  await writeFlushed(partialOf(path), chunks)
  renameSync(partialOf(path), path)
}

/** Flushes a folder's entries (its list of files) to disk. Windows cannot open folders and needs no flush. */
export async function flushFolder(path: string): Promise<void> {
  if (platform() === 'win32') return
  const folder = openSync(path, 'r')
  try {
    await flushed(folder)
  } finally {
    closeSync(folder)
  }
}
