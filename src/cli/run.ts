import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Option } from 'commander'
import { ArgumentError } from '../core/errors.ts'

/** Makes the option `--best`, which chooses the best checkpoint instead of the finished model. */
export const bestOption = (): Option =>
  new Option('--best', 'take the best checkpoint, not the model at the end of the run')

/** Returns the options of `train.open` that the command-line option `--best` stands for. */
export const askedBy = ({ best }: { readonly best?: true }): { readonly checkpoint?: 'best' } =>
  best ? { checkpoint: 'best' } : {}

/** Returns the first of the paths runs/NAME-1, runs/NAME-2, … that does not exist yet. */
export function freeFolder(name: string): string {
  let n = 1
  while (existsSync(join('runs', `${name}-${n}`))) n++
  return join('runs', `${name}-${n}`)
}

/** Returns the existing folder runs/NAME-n with the greatest n. @throws {ArgumentError} when none exists. */
export function lastFolder(name: string): string {
  const last = existingFolder(name)
  if (last !== undefined) return last
  throw new ArgumentError(`--resume: wanted a run of ${name} in runs, got none; name it with --out`)
}

/** Returns the existing folder runs/NAME-n with the greatest n; if none exists, the path of the first. */
export const lastOrFreeFolder = (name: string): string => existingFolder(name) ?? freeFolder(name)

function existingFolder(name: string): string | undefined {
  const numbers = (existsSync('runs') ? readdirSync('runs') : [])
    .filter((folder) => folder.startsWith(`${name}-`))
    .map((folder) => Number(folder.slice(name.length + 1)))
    .filter(Number.isInteger)
  return numbers.length === 0 ? undefined : join('runs', `${name}-${Math.max(...numbers)}`)
}
