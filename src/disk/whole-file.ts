import {
  closeSync,
  fchmodSync,
  flushesFolders,
  flushFile,
  openSync,
  renameSync,
  rmSync,
  writeSync,
  writeVector,
} from '#files'
import { mostAtOnce } from '../core/bytes.ts'
import { MachineError } from '../core/errors.ts'
import { fileFault, onFile } from './fault.ts'

// Opening, closing and renaming take microseconds and are synchronous. Writing and flushing wait for the disk,
// so in Node.js they run on its threads while training continues.

/** Error codes of file systems that cannot flush, such as some network mounts. These errors are ignored. */
const unable: readonly unknown[] = ['EINVAL', 'ENOTSUP', 'ENOSYS']

/** Flushes a file, given by its descriptor, to disk, if its file system can. */
export async function flushed(file: number): Promise<void> {
  try {
    await flushFile(file)
  } catch (error) {
    if (!unable.includes((error as NodeJS.ErrnoException).code)) throw error
  }
}

/** Writes chunks of bytes to a file, and flushes the file to disk. The chunks must not change until then. */
export async function writeFlushed(path: string, chunks: readonly Uint8Array[]): Promise<void> {
  let file: number | undefined
  try {
    file = openSync(path, 'w')
    await writeChunks(file, chunks, path)
    await flushed(file)
  } catch (cause) {
    throw fileFault(path, cause)
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

/**
 * Writes chunks of bytes to an open file, at most 1 GiB per system call.
 *
 * @param path path to show in error messages
 * @throws {Error} when the system reports that it wrote no bytes, or more than it was given.
 */
export async function writeChunks(file: number, chunks: readonly Uint8Array[], path: string): Promise<void> {
  let rest: readonly Uint8Array[] = chunks.filter(({ length }) => length > 0)
  while (rest.length > 0) {
    const piece = [...upTo(rest, mostAtOnce)]
    const { bytesWritten } = await writeVector(file, piece)
    checkWritten(bytesWritten, lengthOf(piece), path)
    rest = after(rest, bytesWritten)
  }
}

/** Writes all bytes to an open file, at offset `position` or, without it, where the last write ended. */
export function writeBytes(file: number, bytes: Uint8Array, path: string, position?: number): void {
  for (let at = 0; at < bytes.length; ) {
    const piece = bytes.subarray(at, at + mostAtOnce)
    const written = writeSync(file, piece, 0, piece.length, position === undefined ? null : position + at)
    checkWritten(written, piece.length, path)
    at += written
  }
}

function checkWritten(written: number, wanted: number, path: string): void {
  if (written <= 0 || written > wanted)
    throw new MachineError(
      `${path}: wanted ${wanted} bytes written, got ${written}; check the disk, then repeat`,
    )
}

const lengthOf = (chunks: readonly Uint8Array[]): number =>
  chunks.reduce((sum, { length }) => sum + length, 0)

/** Returns as many first chunks as fit into `most` bytes, or `most` bytes of a longer first chunk. */
function upTo(chunks: readonly Uint8Array[], most: number): readonly Uint8Array[] {
  let [count, length] = [0, 0]
  while (count < chunks.length && length + chunks[count]!.length <= most) length += chunks[count++]!.length
  return count > 0 ? chunks.slice(0, count) : [chunks[0]!.subarray(0, most)]
}

/** Returns the chunks without their first `count` bytes in total, which have already been written. */
function after(chunks: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  let [at, left] = [0, count]
  while (at < chunks.length && left >= chunks[at]!.length) left -= chunks[at++]!.length
  return chunks.slice(at).map((chunk, i) => (i === 0 ? chunk.subarray(left) : chunk))
}

/** Returns the temporary path at which a file or folder is written before it is renamed to `path`. */
export const partialOf = (path: string): string => `${path}${partialSuffix}`

/** Suffix of the name of a file or folder while it is being written. */
export const partialSuffix = '.partial'

/**
 * Writes a file atomically: under a temporary name first, then renames it. Only for files in folders whose lock
 * is held, since two writers would use the same temporary name.
 *
 * @throws {MachineError} when the file cannot be written; an existing file then stays as it was.
 */
export const writeWhole = (path: string, content: string | Uint8Array): void =>
  onFile(path, () => writeRenamed(path, partialOf(path), content))

/**
 * Writes a file atomically, like `writeWhole`, and flushes it to disk.
 *
 * @throws {MachineError} when the file cannot be written; an existing file then stays as it was.
 */
export async function replaceFile(path: string, chunks: readonly Uint8Array[]): Promise<void> {
  const partial = partialOf(path)
  try {
    rmSync(partial, { force: true, recursive: true })
    await writeFlushed(partial, chunks)
    renameSync(partial, path)
  } catch (cause) {
    removeQuietly(partial)
    throw fileFault(path, cause)
  }
}

/** Writes a file under the name `partial` first, then renames it to `path`. @param mode its permissions */
export function writeRenamed(
  path: string,
  partial: string,
  content: string | Uint8Array,
  mode?: number,
): void {
  try {
    const file = openNew(partial)
    try {
      writeBytes(file, asBytes(content), path)
      if (mode !== undefined) fchmodSync(file, mode)
    } finally {
      closeSync(file)
    }
    renameSync(partial, path)
  } catch (error) {
    removeQuietly(partial)
    throw error
  }
}

/** Opens a new file for writing, in place of whatever is there: a link that somebody put there must not be followed. */
function openNew(path: string): number {
  try {
    return openSync(path, 'wx')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    rmSync(path, { force: true, recursive: true })
    return openSync(path, 'wx')
  }
}

/** Returns text as UTF-8, and bytes as they are. */
export const asBytes = (content: string | Uint8Array): Uint8Array =>
  typeof content === 'string' ? new TextEncoder().encode(content) : content

/** Removes a file or folder, if that is possible, while another error is being reported. */
export function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true, recursive: true })
  } catch {
    // The other error matters more.
  }
}

/** Flushes a folder's list of files to disk. Does nothing on Windows, where it is impossible and not needed. */
export async function flushFolder(path: string): Promise<void> {
  if (!flushesFolders) return
  const folder = openSync(path, 'r')
  try {
    await flushed(folder)
  } finally {
    closeSync(folder)
  }
}
