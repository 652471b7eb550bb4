import { existsSync, readFileSync } from 'node:fs'
import { basename, extname, resolve } from 'node:path'
import { createJiti } from 'jiti'
import { ArgumentError, EvenstepError, FormatError } from '../core/errors.ts'
import * as evenstep from '../index.ts'
import { type Experiment, experiment } from '../train/experiment.ts'
import { parseExperimentText } from '../train/spec.ts'

/**
 * The experiment in a file: the default export of a TypeScript or JavaScript module, or a JSON object.
 *
 * The module's `import … from 'evenstep'` is this very package, wherever the file lies.
 *
 * @throws {EvenstepError} when the file is missing, does not load, or is no experiment.
 */
export async function loadExperiment(file: string): Promise<Experiment> {
  const path = resolve(file)
  if (!existsSync(path)) {
    throw new ArgumentError(`train: wanted an experiment file, got ${file}, which does not exist`)
  }
  const loaded =
    extname(path) === '.json'
      ? parseExperimentText(readFileSync(path, 'utf8'), file)
      : experiment(await defaultExport(path, file))
  return { name: basename(path, extname(path)), ...loaded }
}

async function defaultExport(path: string, file: string): Promise<Experiment> {
  const jiti = createJiti(import.meta.url, {
    interopDefault: false,
    virtualModules: { evenstep, 'evenstep/schedule': evenstep.schedule },
  })
  let module: { readonly default?: Experiment }
  try {
    module = await jiti.import(path)
  } catch (error) {
    if (error instanceof EvenstepError) throw error
    const [reason] = (error instanceof Error ? error.message : String(error)).split('\n')
    throw new FormatError(`${file}: wanted a module that loads, got ${reason}`, { cause: error })
  }
  if (module.default === undefined) {
    throw new FormatError(
      `${file}: wanted a default export, got none; write export default train.experiment({ … })`,
    )
  }
  return module.default
}
