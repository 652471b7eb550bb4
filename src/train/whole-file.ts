import { closeSync, fsync, openSync, renameSync, writeFileSync, writev } from 'node:fs'
import { platform } from 'node:os'
import { promisify } from 'node:util'

// Opening, closing and renaming take microseconds and are done at once. What waits for the disk, writing and
// flushing, is left to the threads of Node.js, so that training goes on meanwhile.

const write = promisify(writev)

/** Flushes what was written to a file to the disk. */
export const flushed: (file: number) => Promise<void> = promisify(fsync)

/**
 * Writes a file of some parts, flushed to the disk. The parts are not copied: they must not change meanwhile.
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

/**
 * Returns what is left of some parts after their first `count` bytes: a call may write less than it was given.
 */
function after(parts: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  let [at, left] = [0, count]
  while (at < parts.length && left >= parts[at]!.length) left -= parts[at++]!.length
  return parts.slice(at).map((part, i) => (i === 0 ? part.subarray(left) : part))
}

/** Returns the name under which a file or folder is written until it is whole. */
export const partialOf = (path: string): string => `${path}${partialSuffix}`

export const partialSuffix = '.partial'

/** Writes a file that exists whole or not at all: under another name, which is then renamed. */
export function writeWhole(path: string, content: string | Uint8Array): void {
  writeFileSync(partialOf(path), content)
  renameSync(partialOf(path), path)
}

/** Writes a file like `writeWhole`, flushed to the disk. */
export async function replaceFile(path: string, parts: readonly Uint8Array[]): Promise<void> {
  await writeFlushed(partialOf(path), parts)
  renameSync(partialOf(path), path)
}

/** Flushes the entries of a folder to the disk. Windows cannot open folders, and needs no flush. */
export async function flushFolder(path: string): Promise<void> {
  if (platform() === 'win32') return
  const folder = openSync(path, 'r')
  try {
    await flushed(folder)
  } finally {
    closeSync(folder)
  }
}
