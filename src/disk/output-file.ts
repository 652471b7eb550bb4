import { randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  openSync,
  realpathSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { ArgumentError } from '../core/errors.ts'
import { fileFault, systemCode } from './fault.ts'
import { asBytes, partialOf, removeQuietly, writeBytes, writeRenamed } from './whole-file.ts'

// Files that a user asked for by name, wherever they are; they are never left half written.

/**
 * Writes a file that does not exist yet. @returns false when it exists; it then stays as it was
 *
 * @throws {MachineError} when the file cannot be written.
 */
export function writeNew(path: string, content: string): boolean {
  try {
    writeFileSync(path, content, { flag: 'wx' })
    return true
  } catch (cause) {
    if (systemCode(cause) === 'EEXIST') return false
    throw fileFault(path, cause)
  }
}

/**
 * Writes a file that a user asked for, atomically like `writeWhole`. An existing file keeps its permissions. If
 * the path is a symbolic link, its target is replaced; if it is a device or a pipe, such as `/dev/stdout`, the
 * content is written to it.
 *
 * @throws {ArgumentError} when the file's folder does not exist, when the path is a folder, or when the file is one of
 *   those that a run consists of.
 * @throws {MachineError} when the file cannot be written; an existing file then stays as it was.
 */
export function writeOutput(path: string, content: string | Uint8Array): void {
  onOutput(path, () => {
    const { real, partial, mode } = outputPlace(path)
    if (partial === undefined) writeInPlace(path, content)
    else writeRenamed(real, partial, content, mode)
  })
}

/**
 * Writes a file that a user asked for like `writeOutput`, from parts that are not all in memory at once.
 *
 * @throws {ArgumentError} and {MachineError} like `writeOutput`, and whatever `parts` throws; an existing file then stays
 *   as it was.
 */
export async function writeOutputParts(path: string, parts: AsyncIterable<string>): Promise<void> {
  const { real, partial, mode } = onOutput(path, () => outputPlace(path))
  const file = onOutput(path, () => openSync(partial ?? real, partial ? 'wx' : constants.O_WRONLY))
  try {
    try {
      for await (const part of parts) onOutput(path, () => writeBytes(file, asBytes(part), path))
      if (mode !== undefined) onOutput(path, () => fchmodSync(file, mode))
    } finally {
      closeSync(file)
    }
    if (partial) onOutput(path, () => renameSync(partial, real))
  } catch (error) {
    if (partial) removeQuietly(partial)
    throw error
  }
}

/** Where a file is written: at first to `partial`, unless it is a device or a pipe; `mode` has its permissions. */
function outputPlace(path: string): { real: string; partial?: string; mode?: number } {
  const before = statSync(path, { throwIfNoEntry: false })
  if (before?.isDirectory()) throw new ArgumentError(`${path}: wanted a file to write, got a folder`)
  if (before?.isFile() === false) return { real: path }
  const real = before === undefined ? path : realpathSync(path)
  checkNotOfRun(path, real)
  const partial = partialOf(`${real}.${randomBytes(4).toString('hex')}`)
  return { real, partial, ...(before && { mode: before.mode }) }
}

/** Names of the files that runs and checkpoints consist of. */
const ofRun =
  /^((run|model|inference|checkpoint|best)\.json|.*\.safetensors|events\.jsonl|(inference|loss)\.onnx)$/

/** @throws {ArgumentError} when a file is part of a run or a checkpoint, which could not be read without it. */
function checkNotOfRun(path: string, real: string): void {
  const folder = dirname(real)
  const isRun = ['run.json', 'checkpoint.json', '../run.json'].some((name) => existsSync(join(folder, name)))
  if (isRun && ofRun.test(basename(real)))
    throw new ArgumentError(`${path}: wanted a file to write, got one that belongs to a run; choose another`)
}

/** Runs `write`, and converts what the system reports to an error about the path. */
function onOutput<T>(path: string, write: () => T): T {
  try {
    return write()
  } catch (cause) {
    if (!['ENOENT', 'ENOTDIR'].includes(systemCode(cause) ?? '')) throw fileFault(path, cause)
    throw new ArgumentError(`${path}: wanted a file to write, got a path whose folder does not exist`)
  }
}

function writeInPlace(path: string, content: string | Uint8Array): void {
  const file = openSync(path, constants.O_WRONLY)
  try {
    writeBytes(file, asBytes(content), path)
  } finally {
    closeSync(file)
  }
}
