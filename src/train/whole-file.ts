import { closeSync, fsync, openSync, renameSync, writev } from 'node:fs'
import { platform } from 'node:os'
import { promisify } from 'node:util'

// Opening, closing and renaming take microseconds and are done at once. What waits for the disk, writing and
// flushing, is left to the threads of Node.js, so that training goes on meanwhile.

const write = promisify(writev)

/** Flush what was written to a file to the disk. */
export const flushed: (file: number) => Promise<void> = promisify(fsync)

/**
 * Write a file of some parts, flushed to the disk. The parts are not copied: they must stay as they are until it is
 * done.
 */
export async function writeFlushed(path: string, parts: readonly Uint8Array[]): Promise<void> {
  const file = openSync(path, 'w')
  try {
    let rest = parts
    while (rest.length > 0) {
      const { bytesWritten } = await write(file, rest)
      rest = after(rest, bytesWritten)
    }
    await flushed(file)
  } finally {
    closeSync(file)
  }
}

/** What is left of some parts after their first `count` bytes; a call may write less than it was given. */
function after(parts: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  let [at, left] = [0, count]
  while (at < parts.length && left >= parts[at]!.length) left -= parts[at++]!.length
  return parts.slice(at).map((part, i) => (i === 0 ? part.subarray(left) : part))
}

/** Write a file under another name and rename it, so that it is there whole or not at all. */
export async function replaceFile(path: string, parts: readonly Uint8Array[]): Promise<void> {
  await writeFlushed(`${path}.partial`, parts)
  renameSync(`${path}.partial`, path)
}

/** Flush a folder's entries to the disk; where folders cannot be opened, there is nothing to flush. */
export async function flushFolder(path: string): Promise<void> {
  if (platform() === 'win32') return
  const folder = openSync(path, 'r')
  try {
    await flushed(folder)
  } finally {
    closeSync(folder)
  }
}
