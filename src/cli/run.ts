import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Option } from 'commander'
import { ArgumentError } from '../core/errors.ts'
import { fileFault, onFile, systemCode } from '../disk/fault.ts'

/** Makes the option `--best`, which chooses the best checkpoint instead of the finished model. */
export const bestOption = (): Option =>
  new Option('--best', 'take the best checkpoint, not the model at the end of the run')

/** Returns the options of `train.open` that the command-line option `--best` stands for. */
export const askedBy = ({ best }: { readonly best?: true }): { readonly checkpoint?: 'best' } =>
  best ? { checkpoint: 'best' } : {}

/**
 * Makes the first of the folders runs/NAME-1, runs/NAME-2, … that does not exist yet, and returns its path. Making it
 * is the test whether it exists, so that of two processes at once each gets its own.
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
  const numbers = (existsSync('runs') ? readdirSync('runs') : [])
    .filter((folder) => folder.startsWith(`${name}-`))
    .map((folder) => folder.slice(name.length + 1))
    .filter((number) => /^[1-9]\d*$/.test(number))
    .map(Number)
  if (numbers.length === 0)
    throw new ArgumentError(`--resume: wanted a run of ${name} in runs, got none; name it with --out`)
  return join('runs', `${name}-${Math.max(...numbers)}`)
}
