import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, extname, resolve } from 'node:path'
import { createJiti } from 'jiti'
import { ArgumentError, EvenstepError, FormatError } from '../core/errors.ts'
import { jsonIn } from '../core/json.ts'
import * as evenstep from '../index.ts'
import { define, isStudy, parseStudyText, type Study } from '../study/study.ts'
import { type Experiment, experiment } from '../train/experiment.ts'
import { parseExperimentText } from '../train/spec.ts'

/**
 * Loads the experiment in a file: the default export of a TypeScript or JavaScript module, or a JSON object. A
 * study's file gives the study's experiment. Modules import this package as 'evenstep', from any folder.
 *
 * @throws {EvenstepError} when the file is missing, does not load, or is not an experiment.
 */
export const loadExperiment = async (file: string): Promise<Experiment> =>
  (await loadWithOrigin(file)).experiment

/** An experiment, and the file that it was loaded from. */
interface Loaded {
  readonly experiment: Experiment
  /** Absolute path of the experiment's file: the loaded file, or the file that a loaded study names. */
  readonly origin: string
  /** Whether the experiment is written in a study's file, as a part of the study. */
  readonly inStudy: boolean
}

/** Loads an experiment as `loadExperiment` does, and also returns the path of its file. */
export async function loadWithOrigin(file: string): Promise<Loaded> {
  const loaded = await load(file, 'train', 'an experiment file')
  if (isStudy(loaded)) return experimentOf(loaded, file)
  const named = { name: nameOf(file), ...experiment(loaded as Experiment) }
  return { experiment: named, origin: resolve(file), inStudy: false }
}

/** Loads the study in a file (a module or JSON), with its experiment and the path of the experiment's file. */
export async function loadStudy(file: string): Promise<Loaded & { readonly study: Study }> {
  const loaded = await load(file, 'study', 'the file of a study')
  const study = define(loaded as Study)
  return { study: { ...study, name: study.name ?? nameOf(file) }, ...(await experimentOf(study, file)) }
}

async function experimentOf({ experiment }: Study, file: string): Promise<Loaded> {
  if (typeof experiment === 'string') return loadWithOrigin(resolve(dirname(file), experiment))
  return { experiment: { name: nameOf(file), ...experiment }, origin: resolve(file), inStudy: true }
}

const nameOf = (file: string): string => basename(file, extname(file))

/** Returns the study or experiment in a JSON file, validated, or the default export of a module, unvalidated. */
async function load(file: string, who: string, wanted: string): Promise<unknown> {
  const path = resolve(file)
  if (!existsSync(path))
    throw new ArgumentError(`${who}: wanted ${wanted}, got ${file}, which does not exist`)
  if (extname(path) !== '.json') return defaultExport(path, file, who)
  const text = readFileSync(path, 'utf8')
  const isStudyText = who === 'study' || Object.hasOwn(Object(jsonIn(text)), 'factors')
  return isStudyText ? parseStudyText(text, file) : parseExperimentText(text, file)
}

/** Returns the line and column that a syntax error's message names, such as `:5:3`; '' if it names none. */
function placeIn(path: string, error: unknown): string {
  const text = error instanceof Error ? error.message : ''
  const at = text.indexOf(`${path}:`)
  return at < 0 ? '' : (/^:\d+:\d+/.exec(text.slice(at + path.length))?.[0] ?? '')
}

async function defaultExport(path: string, file: string, who: string): Promise<unknown> {
  const jiti = createJiti(import.meta.url, {
    interopDefault: false,
    virtualModules: { evenstep, 'evenstep/schedule': evenstep.schedule },
  })
  let module: { readonly default?: unknown }
  try {
    module = await jiti.import(path)
  } catch (error) {
    if (error instanceof EvenstepError) throw error
    const [reason] = (error instanceof Error ? error.message : String(error)).split('\n')
    throw new FormatError(`${file}${placeIn(path, error)}: wanted a module that loads, got ${reason}`, {
      cause: error,
    })
  }
  if (module.default === undefined) {
    const make = who === 'study' ? 'study.define' : 'train.experiment'
    throw new FormatError(`${file}: wanted a default export, got none; write export default ${make}({ … })`)
  }
  return module.default
}
