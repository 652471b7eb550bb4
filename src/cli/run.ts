import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ArgumentError, FormatError } from '../core/errors.ts'
import { readDescription } from '../train/description.ts'
import type { Experiment } from '../train/experiment.ts'
import { loadWeights } from '../train/load-weights.ts'
import { override } from '../train/spec.ts'
import type { Task } from '../train/task.ts'
import { taskOf } from '../train/train.ts'
import { loadExperiment } from './load.ts'

/** Where a run's experiment comes from, as recorded in run.json. */
export interface Origin {
  /** Path of the experiment's file. */
  readonly file: string
  /** Settings that were changed for this run, such as `epochs=10`. */
  readonly settings: readonly string[]
}

/**
 * Loads the experiment of a finished run, and a task (model, loss, optimizer) with the trained weights.
 *
 * @throws {EvenstepError} when the folder has no finished run, or the experiment's file no longer suits it.
 */
export async function loadRun(folder: string): Promise<{ experiment: Experiment; task: Task }> {
  const path = join(folder, 'run.json')
  if (!existsSync(path))
    throw new ArgumentError(`${folder}: wanted the folder of a run, got no run.json in it`)
  const weights = join(folder, 'model.safetensors')
  if (!existsSync(weights)) {
    throw new ArgumentError(`${folder}: wanted a finished run, got no model.safetensors; resume it first`)
  }
  const { file, settings } = originOf(path, readDescription(folder))
  const experiment = override(await loadExperiment(file), settings)
  const task = taskOf(experiment)
  loadWeights(task.model, weights)
  return { experiment, task }
}

function originOf(path: string, { origin }: Record<string, unknown>): Origin {
  const { file, settings = [] } = Object(origin) as Record<string, unknown>
  if (typeof file !== 'string' || file === '') {
    throw new FormatError(`${path}: wanted origin.file, the experiment's file, got none`)
  }
  if (Array.isArray(settings) && settings.every((setting) => typeof setting === 'string'))
    return { file, settings }
  throw new FormatError(`${path}: wanted origin.settings as a list of texts, got ${JSON.stringify(settings)}`)
}

/** Returns the first of the paths runs/NAME-1, runs/NAME-2, … that does not exist yet. */
export function freeFolder(name: string): string {
  let n = 1
  while (existsSync(join('runs', `${name}-${n}`))) n++
  return join('runs', `${name}-${n}`)
}

/** Returns the existing folder runs/NAME-n with the greatest n. @throws {ArgumentError} when none exists. */
export function lastFolder(name: string): string {
  const numbers = (existsSync('runs') ? readdirSync('runs') : [])
    .filter((folder) => folder.startsWith(`${name}-`))
    .map((folder) => Number(folder.slice(name.length + 1)))
    .filter(Number.isInteger)
  if (numbers.length === 0)
    throw new ArgumentError(`--resume: wanted a run of ${name} in runs, got none; name it with --out`)
  return join('runs', `${name}-${Math.max(...numbers)}`)
}
