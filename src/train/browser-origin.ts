import { ArgumentError } from '../core/errors.ts'
import type { Experiment } from './experiment.ts'

/** Returns nothing: a page does not know the package's version. */
export const versionsHere = (): object => ({})

/** Refuses to load the experiment of a run: in a browser, no file has it. @throws {ArgumentError} always. */
export async function experimentOfRun(path: string, _named?: string): Promise<Experiment> {
  const fix = 'pass it: train.open(folder, { experiment })'
  throw new ArgumentError(`${path}: wanted the experiment of this run, got none; ${fix}`)
}
