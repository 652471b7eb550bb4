import { closeSync, fsync, openSync, renameSync, writeFileSync, writev } from 'node:fs'
import { platform } from 'node:os'
import { promisify } from 'node:util'

// Opening, closing and renaming take microseconds and are synchronous. Writing and flushing wait for the disk,
// so they run on the threads of Node.js while training continues.

const write = promisify(writev)

/** Flushes a file, given by its descriptor, to disk. */
export const flushed: (file: number) => Promise<void> = promisify(fsync)

/** Writes chunks of bytes to a file and flushes it to disk. The chunks must not change before that. */
export async function writeFlushed(path: string, chunks: readonly Uint8Array[]): Promise<void> {
  const file = openSync(path, 'w')
  try {
    let rest = chunks
    while (rest.length > 0) {
      const { bytesWritten } = await write(file, rest)
      rest = after(rest, bytesWritten)
    }
    await flushed(file)
  } finally {
    closeSync(file)
  }
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
