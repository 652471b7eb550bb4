import {
  closeSync,
  constants,
  type FileStats,
  fstatSync,
  join,
  lstatSync,
  openSync,
  readdirSync,
  statSync,
} from '#files'
import { malformed } from '../core/mismatch.ts'
import { fileFault, onFile, systemCode } from './fault.ts'
import { readBytes } from './read-bytes.ts'

// Files and folders inside the folder of a run or a study, which may come from a stranger. A symbolic link inside
// could lead anywhere, and reading a named pipe could wait forever: both are refused. The folder may be a link.

// Windows has neither flag; there, a file's type is checked before the file is opened.
const { O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants

/**
 * Opens a file inside the folder of a run or a study.
 *
 * @param flags flags for opening, from `constants` of `node:fs`. @default O_RDONLY
 * @returns the file's descriptor; undefined when the file does not exist and `flags` does not create it
 * @throws {FormatError} when the path is a symbolic link, or anything else that is not a regular file.
 * @throws {MachineError} when the file cannot be opened.
 */
export function openInside(path: string, flags: number = constants.O_RDONLY): number | undefined {
  return onFile(path, () => {
    if (O_NOFOLLOW === 0) checkInside(path)
    let file: number
    try {
      file = openSync(path, flags | O_NOFOLLOW | O_NONBLOCK)
    } catch (error) {
      checkInside(path)
      if (isAbsent(error)) return undefined
      throw error
    }
    const stats = fstatSync(file)
    if (stats.isFile()) return file
    closeSync(file)
    throw wrongKind(path, 'a file', stats)
  })
}

/**
 * Returns the bytes of a file inside the folder of a run or a study; undefined when the file does not exist.
 *
 * @throws {FormatError} when the path is a symbolic link, or anything else that is not a regular file.
 * @throws {MachineError} when the file cannot be read.
 */
export function readInside(path: string): Uint8Array | undefined {
  const file = openInside(path)
  if (file === undefined) return undefined
  try {
    return onFile(path, () => readBytes(file, path))
  } finally {
    closeSync(file)
  }
}

/**
 * Checks that a path inside the folder of a run or a study, if it exists, is of the given kind: a file or a
 * folder.
 *
 * @returns whether the path exists
 * @throws {FormatError} when the path is a symbolic link, or of any other kind.
 */
export function checkInside(path: string, kind: 'a file' | 'a folder' = 'a file'): boolean {
  const stats = statsOf(path)
  if (stats === undefined) return false
  if (kind === 'a file' ? stats.isFile() : stats.isDirectory()) return true
  throw wrongKind(path, kind, stats)
}

/** Matches names of files and folders, in the folder of a study or advice, that SQLite or worker processes open. */
const opened = /^(?:study|advice|workers|trials|base)\b/

/**
 * Checks the folder of a study or of advice before the database, lock files and trial folders in it are opened.
 *
 * @throws {FormatError} when one of them is a symbolic link, or anything else that is neither a file nor a folder.
 */
export function refuseLinks(folder: string): void {
  for (const entry of onFile(folder, () => readdirSync(folder, { withFileTypes: true }))) {
    if (!opened.test(entry.name) || entry.isFile() || entry.isDirectory()) continue
    const path = join(folder, entry.name)
    throw wrongKind(path, entry.name === 'trials' ? 'a folder' : 'a file', lstatSync(path))
  }
}

/** Codes of errors that hide whether a path exists. */
const hiding: readonly unknown[] = ['EACCES', 'EPERM', 'EIO', 'ESTALE']

/**
 * Returns whether a path exists; a link exists if what it leads to does.
 *
 * @throws {MachineError} when that cannot be known, such as without permission to read the parent folder.
 */
export function pathExists(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined
  } catch (cause) {
    if (hiding.includes(systemCode(cause))) throw fileFault(path, cause)
    return false
  }
}

function statsOf(path: string): FileStats | undefined {
  try {
    return lstatSync(path)
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}

const isAbsent = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')

function wrongKind(path: string, wanted: string, stats: FileStats): Error {
  if (stats.isSymbolicLink())
    return malformed(path, wanted, 'a symbolic link', 'links inside the folder of a run are not followed')
  return malformed(path, wanted, stats.isDirectory() ? 'a folder' : stats.isFile() ? 'a file' : 'a device')
}
