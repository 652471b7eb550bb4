import { existsSync, lstatSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { ArgumentError, DamagedError } from '../core/errors.ts'
import { fileFault, systemCode } from '../disk/fault.ts'
import { checkInside } from '../disk/inside.ts'

/** Makes the folder of a new run, or checks that there is one to resume. */
export function makeFolder(path: string, resume: boolean): void {
  if (resume && !existsSync(path))
    throw new ArgumentError(`${path}: wanted a run to resume, got no such folder`)
  try {
    mkdirSync(path, { recursive: true })
  } catch (cause) {
    if (!['EEXIST', 'ENOTDIR'].includes(systemCode(cause) ?? '')) throw fileFault(path, cause)
    throw new ArgumentError(`${path}: wanted a folder for the run, got a file`)
  }
}

/**
 * Returns whether a folder has a run.
 *
 * @throws {ArgumentError} when it is not to be resumed, but has a run or parts of one.
 * @throws {DamagedError} when it is to be resumed, but has no `run.json` that says of what its parts are.
 */
export function isBegun(path: string, resume: boolean): boolean {
  if (checkInside(join(path, 'run.json'))) {
    if (resume) return true
    throw new ArgumentError(`${path}: wanted a new folder, got one with a run; resume it, or choose another`)
  }
  const part = ['checkpoints', 'events.jsonl', 'model.safetensors'].find((name) =>
    lstatSync(join(path, name), { throwIfNoEntry: false }),
  )
  if (part === undefined) return false
  const got = `one with ${part} but no run.json`
  if (resume) throw new DamagedError(`${path}: wanted a run to resume, got ${got}; begin another elsewhere`)
  throw new ArgumentError(`${path}: wanted a new folder, got ${got}; choose another`)
}
