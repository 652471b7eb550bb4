import { readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, extname, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ArgumentError, EvenstepError, FormatError } from '../core/errors.ts'
import { fileNameLike } from '../core/file-name.ts'
import { mismatch } from '../core/mismatch.ts'
import { pathExists } from '../disk/inside.ts'
import { cacheFolder, codeFolder, isSource } from '../package-folder.ts'
import { type Experiment, experiment } from './experiment.ts'
import { parseExperiment, parseJson } from './spec.ts'

/** An experiment, and the path of the file it was loaded from. */
export interface Loaded {
  readonly experiment: Experiment
  /** Absolute path of the experiment's file: the file loaded or, if that is a study, the file that the study names. */
  readonly origin: string
  /** Whether the experiment is written inside a study's file, as part of the study. */
  readonly inStudy: boolean
}

/**
 * Loads the experiment in a file: the default export of a TypeScript or JavaScript module, or a JSON object. For the
 * file of a study, returns the study's experiment. Modules import this package as 'evenstep', from any folder.
 *
 * @throws {EvenstepError} when the file is missing, does not load, or is not an experiment.
 */
export const loadExperiment = async (file: string): Promise<Experiment> =>
  (await loadWithOrigin(file)).experiment

/**
 * Loads an experiment like `loadExperiment`, and also returns the path of its file.
 *
 * @param above absolute paths of the studies that led to this file
 */
export async function loadWithOrigin(file: string, above: readonly string[] = []): Promise<Loaded> {
  if (above.includes(resolve(file)))
    throw new ArgumentError(`${file}: wanted the file of an experiment, got a study that leads to itself`)
  const loaded = await loadValue(file, 'train', 'an experiment file')
  const whole = Object(loaded) as Record<string, unknown>
  if ('factors' in whole && 'experiment' in whole) return experimentOf(whole.experiment, file, above)
  const isText = extname(file) === '.json'
  const made = isText ? await fromJson(loaded, file) : experiment(loaded as Experiment)
  return { experiment: { name: stemOf(file), ...made }, origin: resolve(file), inStudy: false }
}

/** Returns the experiment described by the JSON in a file. */
const fromJson = (json: unknown, file: string): Promise<Experiment> =>
  parseExperiment(json, { folder: dirname(resolve(file)) })

/** Advice in errors about JSON files that name a module: opening JSON must never run code. */
const codeInJson = 'JSON runs no code: write the study in TypeScript or JavaScript to use it'

/**
 * Returns the experiment of a study in `file`: the study either contains it or names its path.
 *
 * @throws {ArgumentError} when a study in JSON names a file that is not JSON.
 */
export async function experimentOf(
  given: unknown,
  file: string,
  above: readonly string[] = [],
): Promise<Loaded> {
  if (typeof given === 'string') {
    const isCode = extname(file) === '.json' && extname(given) !== '.json'
    if (isCode) throw mismatch(file, 'the path of a JSON file as experiment', given, codeInJson)
    return loadWithOrigin(resolve(dirname(file), given), [...above, resolve(file)])
  }
  const made =
    extname(file) === '.json' && !isMade(given)
      ? await fromJson(given, file)
      : experiment(given as Experiment)
  return { experiment: { name: stemOf(file), ...made }, origin: resolve(file), inStudy: true }
}

/** Whether a value is an experiment already made, not its JSON: then its `model` is a function. */
const isMade = (given: unknown): boolean => typeof Object(given).model === 'function'

/** Returns the default name for the contents of a file: the file's name without folder and extension. */
export const stemOf = (file: string): string => fileNameLike(basename(file, extname(file)))

/**
 * Returns the default export of a module, or the value in a JSON file.
 *
 * @param who name at the start of error messages
 * @param wanted what error messages say the file should be
 */
export async function loadValue(file: string, who: string, wanted: string): Promise<unknown> {
  const path = resolve(file)
  if (!pathExists(path))
    throw new ArgumentError(`${who}: wanted ${wanted}, got ${file}, which does not exist`)
  if (statSync(path).isDirectory())
    throw new ArgumentError(`${who}: wanted ${wanted}, got ${file}, which is a folder`)
  if (extname(path) === '.json') return parseJson(readFileSync(path, 'utf8'), file)
  const module = await importModule(path, file)
  // Without a default export, the import has the module itself in its place.
  if ('default' in module && module.default !== undefined) return module.default
  const make = who === 'study' ? 'study.define' : 'train.experiment'
  throw new FormatError(`${file}: wanted a default export, got none; write export default ${make}({ … })`)
}

/** Imports a TypeScript or JavaScript module. @param file name of the file in error messages */
async function importModule(path: string, file: string): Promise<{ readonly default?: unknown }> {
  // Loaded by `require`: for `import`, Node.js would first parse the text of this CommonJS module for exported names,
  // which would take a fifth of a command's start.
  const { createJiti }: typeof import('jiti') = createRequire(import.meta.url)('jiti')
  // Imports of 'evenstep' in the user's module get the package's index. That imports this file: hence no import above.
  const index = new URL(isSource ? 'index.ts' : 'index.js', codeFolder).href
  const evenstep = await import(/* @vite-ignore */ index)
  const jiti = createJiti(import.meta.url, {
    // As in Node.js: the default import of a CommonJS module is its `module.exports`.
    interopDefault: true,
    fsCache: fileURLToPath(cacheFolder),
    virtualModules: { evenstep, 'evenstep/schedule': evenstep.schedule },
  })
  try {
    return await jiti.import(path)
  } catch (error) {
    if (error instanceof EvenstepError) throw error
    const [reason] = (error instanceof Error ? error.message : String(error)).split('\n')
    const named = placeIn(path, error)
    const first = userPlace(error)
    const isHere = first?.file === path
    const place = named ?? (isHere ? `:${first!.line}` : '')
    const where =
      named === undefined && first && !isHere ? ` at ${relative('', first.file)}:${first.line}` : ''
    throw new FormatError(`${file}${place}: wanted a module that loads, got ${reason}${where}`, {
      cause: error,
    })
  }
}

/** Returns the position that a syntax error's message gives for the file `path`, such as `:5:3`. */
function placeIn(path: string, error: unknown): string | undefined {
  const text = error instanceof Error ? error.message : ''
  const at = text.indexOf(`${path}:`)
  return at < 0 ? undefined : /^:\d+:\d+/.exec(text.slice(at + path.length))?.[0]
}

/** Returns file and line of the topmost stack frame of an error that lies in the user's own code. */
function userPlace(error: unknown): { readonly file: string; readonly line: number } | undefined {
  const stack = (error instanceof Error && error.stack) || ''
  const own = fileURLToPath(codeFolder)
  const places = [...stack.matchAll(/^ +at (?:.*\()?(?:file:\/\/)?((?:\/|[A-Za-z]:\\).*?):(\d+):\d+\)?$/gm)]
  return places
    .map(([, file, line]) => ({ file: file!, line: Number(line) }))
    .find(({ file }) => !/[\\/]node_modules[\\/]/.test(file) && !file.startsWith(own))
}
