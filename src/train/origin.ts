import { extname, join } from 'node:path'
import { ArgumentError, FormatError } from '../core/errors.ts'
import { areTexts } from '../data/names.ts'
import { pathExists } from '../disk/inside.ts'
import { packageVersion } from '../package-folder.ts'
import { readDescription } from './description.ts'
import type { Experiment } from './experiment.ts'
import { loadExperiment } from './experiment-file.ts'
import { override } from './spec.ts'
import { type Origin, relationOf } from './trust.ts'

/**
 * Loads the experiment of the run in the folder `path`, including the settings changed for the run. A module is
 * executed only if `named` is given, or if it is the unchanged file that the run was trained with on this machine.
 *
 * @param named path of the experiment's file, which the user trusts. @default the file that run.json names
 * @throws {ArgumentError} when the file does not exist, or is a module that must not be executed.
 */
export async function experimentOfRun(path: string, named?: string): Promise<Experiment> {
  const origin = originOf(join(path, 'run.json'), readDescription(path), named)
  if (named === undefined) checkTrusted(path, origin)
  return override(await loadExperiment(origin.file), origin.settings)
}

/** Returns the versions of the software that runs, as far as a run's description depends on them. */
export const versionsHere = (): object => ({ evenstep: packageVersion() })

function originOf(path: string, { origin }: Record<string, unknown>, named: string | undefined): Origin {
  const recorded = Object(origin) as Record<string, unknown>
  const { file = named, settings = [] } = recorded
  if (typeof file !== 'string' || file === '') {
    throw new FormatError(`${path}: wanted origin.file, the experiment's file, got none`)
  }
  if (areTexts(settings)) return { ...recorded, file: named ?? file, settings }
  throw new FormatError(`${path}: wanted origin.settings as a list of texts, got ${JSON.stringify(settings)}`)
}

/** @throws {ArgumentError} when the experiment's file may be loaded only if the user names it. */
function checkTrusted(path: string, { file, ...seal }: Origin): void {
  const fix = 'name the file with --experiment FILE if you trust it'
  if (!pathExists(file)) {
    const got = `${file}, which does not exist`
    throw new ArgumentError(`${path}: wanted the experiment of this run, got ${got}; ${fix}`)
  }
  if (extname(file) === '.json') return
  const relation = relationOf(path, file, seal)
  if (relation === 'own') return
  throw new ArgumentError(
    relation === 'changed'
      ? `${path}: wanted the experiment of this run, got ${file}, which has changed since; change it back, or ${fix}`
      : `${path}: wanted the experiment of a run that was trained in this folder, got ${file}, whose code would run; ${fix}`,
  )
}
