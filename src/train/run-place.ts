import { basename, dirname, join, lstatSync, mkdirSync, resolve, statSync } from '#files'
import { ArgumentError, DamagedError, MachineError } from '../core/errors.ts'
import type { FolderLock } from '../core/locked.ts'
import { listed } from '../core/text.ts'
import { fileFault, systemCode } from '../disk/fault.ts'
import { checkInside, pathExists } from '../disk/inside.ts'
import { Checkpoints } from './checkpoint.ts'

/** Location on disk of a run and, if requested, of one of its checkpoints. */
export interface RunPlace {
  readonly path: string
  readonly checkpoint?: string
}

/**
 * Finds the folder of a run and, if requested, of one of its checkpoints.
 *
 * @param folder folder of a run, or of a checkpoint
 * @param asked `best`, `last`, or the name of a checkpoint's folder. @default no checkpoint
 * @throws {ArgumentError} when there is no such run or checkpoint.
 */
export function runPlaceOf(folder: string, asked?: string): RunPlace {
  if (pathExists(join(folder, 'run.json'))) {
    return asked === undefined ? { path: folder } : { path: folder, checkpoint: checkpointOf(folder, asked) }
  }
  const path = dirname(dirname(resolve(folder)))
  if (!pathExists(join(folder, 'checkpoint.json')) || !pathExists(join(path, 'run.json'))) {
    throw noRun(folder)
  }
  if (asked === undefined) return { path, checkpoint: folder }
  throw new ArgumentError(
    `${folder}: wanted the folder of a run to find the ${asked} checkpoint of, got a checkpoint; use ${path}`,
  )
}

/** Returns the error for a path that is the folder of neither a run nor a checkpoint. */
function noRun(folder: string): ArgumentError {
  const above = dirname(resolve(folder))
  const isBeside = basename(above) === 'checkpoints' && pathExists(join(above, '..', 'run.json'))
  const names = isBeside ? new Checkpoints(above).list().map((one) => basename(one)) : []
  const fix = names.length > 0 ? `; the run has the checkpoints ${listed(names)}` : ''
  if (!pathExists(folder)) {
    const wanted = isBeside ? 'the folder of a checkpoint' : 'the folder of a run'
    return new ArgumentError(`${folder}: wanted ${wanted}, got a path that does not exist${fix}`)
  }
  if (!statSync(folder).isDirectory()) {
    const advice = isBeside ? '; for the best checkpoint, give the folder of the run and --best' : ''
    return new ArgumentError(`${folder}: wanted the folder of a run or a checkpoint, got a file${advice}`)
  }
  return new ArgumentError(`${folder}: wanted the folder of a run, got no run.json in it${fix}`)
}

function checkpointOf(path: string, asked: string): string {
  const checkpoints = new Checkpoints(join(path, 'checkpoints'))
  const all = checkpoints.list()
  const named = all.find((one) => basename(one) === asked)
  const found = asked === 'best' ? checkpoints.best()?.path : asked === 'last' ? all.at(-1) : named
  if (found !== undefined) return found
  const got = all.length === 0 ? 'none' : all.map((one) => basename(one)).join(', ')
  const what = asked === 'best' ? 'a checkpoint at the end of an epoch' : `the checkpoint ${asked}`
  throw new ArgumentError(`${path}: wanted ${what}, got ${got}`)
}

/** Creates the folder of a new run or, if `resume`, checks that the folder exists. */
export function makeFolder(path: string, resume: boolean): void {
  if (resume && !pathExists(path))
    throw new ArgumentError(`${path}: wanted a run to resume, got no such folder`)
  try {
    mkdirSync(path, { recursive: true })
  } catch (cause) {
    if (!['EEXIST', 'ENOTDIR'].includes(systemCode(cause) ?? '')) throw fileFault(path, cause)
    throw new ArgumentError(`${path}: wanted a folder for the run, got a file`)
  }
}

/** @throws {MachineError} when the folder of a run that is being trained lost its `run.json` or the run's lock. */
export function checkOwned(path: string, lock: FolderLock): void {
  if (!checkInside(join(path, 'run.json')))
    throw new MachineError(
      `${path}: wanted the run.json of this run, got none; it was removed while the run trained`,
    )
  if (lock.isHeld) return
  const got = 'no lock; somebody removed it'
  throw new MachineError(`${path}: wanted the lock that this run holds, got ${got} while the run trained`)
}

/**
 * Returns whether a folder contains a run.
 *
 * @throws {ArgumentError} when `resume` is false and the folder contains a run or parts of one.
 * @throws {DamagedError} when `resume` is true and parts of a run are there, but no `run.json` to describe it.
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
