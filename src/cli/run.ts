import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { Option } from 'commander'
import { ArgumentError } from '../core/errors.ts'
import { LockedError } from '../core/locked.ts'
import { fileFault, onFile, systemCode } from '../disk/fault.ts'
import { pathExists } from '../disk/inside.ts'
import type { OpenOptions } from '../train/open.ts'
import { experimentOfRun } from '../train/origin.ts'
import { runPlaceOf } from '../train/run-place.ts'
import { StoredRun } from '../train/stored-run.ts'
import { printNote } from './output.ts'

/** Makes the option `--best`, which chooses the best checkpoint instead of the finished model. */
export const bestOption = (): Option =>
  new Option('--best', 'take the best checkpoint, not the model at the end of the run')

/** Makes the option `--experiment FILE`: the user trusts this file, even if the run was not trained with it. */
export const experimentOption = (): Option =>
  new Option('--experiment <file>', "file of the run's experiment, if it has moved or comes from elsewhere")

/** Command-line options that say how to open a run. */
export interface AskedRun {
  readonly best?: true
  readonly experiment?: string
}

/** Converts command-line options to options of `train.open`; loads the experiment if they name one. */
export async function askedBy(folder: string, { best, experiment }: AskedRun): Promise<OpenOptions> {
  const { path } = runPlaceOf(folder, best && 'best')
  return {
    ...(best && { checkpoint: 'best' }),
    ...(experiment !== undefined && { experiment: await experimentOfRun(path, experiment) }),
  }
}

/**
 * Returns the run with the graphs in its folder, which need no experiment; undefined if the command line names an
 * experiment, or the folder has no graphs. If the run recorded why it has no graphs, prints the reason on stderr.
 */
export function storedRun(folder: string, { best, experiment }: AskedRun): StoredRun | undefined {
  if (experiment !== undefined) return undefined
  const stored = StoredRun.at(runPlaceOf(folder, best && 'best'))
  if (stored?.refusal === undefined) return stored
  printNote(`${folder}: loading the experiment, as the run has no graph: ${stored.refusal}`)
  return undefined
}

/**
 * Makes the first of the folders runs/NAME-1, runs/NAME-2, … that does not exist yet, and returns its path.
 * Making it also tests whether it exists, so two processes that do so at once get different folders.
 */
export function freeFolder(name: string): string {
  onFile('runs', () => mkdirSync('runs', { recursive: true }))
  for (let n = 1; ; n++) {
    const folder = join('runs', `${name}-${n}`)
    if (isNew(folder)) return folder
  }
}

function isNew(folder: string): boolean {
  try {
    mkdirSync(folder)
    return true
  } catch (cause) {
    if (systemCode(cause) === 'EEXIST') return false
    throw fileFault(folder, cause)
  }
}

/** Returns the existing folder runs/NAME-n with the greatest n. @throws {ArgumentError} when none exists. */
export function lastFolder(name: string): string {
  const last = existingFolder(name)
  if (last !== undefined) return last
  throw new ArgumentError(`--resume: wanted a run of ${name} in runs, got none; name it with --out`)
}

/** Returns the existing folder runs/NAME-n with the greatest n; if none exists, makes and returns the first. */
export const lastOrFreeFolder = (name: string): string => existingFolder(name) ?? freeFolder(name)

function existingFolder(name: string): string | undefined {
  const numbers = (pathExists('runs') ? readdirSync('runs') : [])
    .filter((folder) => folder.startsWith(`${name}-`))
    .map((folder) => folder.slice(name.length + 1))
    .filter((number) => /^[1-9]\d*$/.test(number))
    .map(Number)
  return numbers.length === 0 ? undefined : join('runs', `${name}-${Math.max(...numbers)}`)
}

/** Maximum time to wait for a lock to end, and time between two attempts, in milliseconds. */
const waiting = { most: 75_000, between: 1000 }

/**
 * Returns what `open` returns. While `open` throws that the folder is locked by a process of another machine or
 * container, which may have ended, waits for a sign of life or for the lock to end, and says so on stderr.
 *
 * @throws {LockedError} when that process lives, or the lock is that of a process on this machine.
 */
export async function whenUnlocked<T>(open: () => T, times: typeof waiting = waiting): Promise<T> {
  let first: LockedError | undefined
  for (const begun = performance.now(); ; await setTimeout(times.between)) {
    try {
      return open()
    } catch (error) {
      const mayEnd = error instanceof LockedError && error.lastSign !== undefined
      const isAlive = mayEnd && first !== undefined && error.lastSign !== first.lastSign
      if (!mayEnd || isAlive || performance.now() - begun > times.most) throw error
      if (first === undefined)
        printNote(`${error.message.split(';')[0]}; waiting up to a minute for it to give a sign of life`)
      first ??= error
    }
  }
}
