import { fileURLToPath } from 'node:url'
import { FormatError } from '../core/errors.ts'
import { checkDepth, faultOf, jsonIn } from '../core/json.ts'
import { mismatch, unknownName } from '../core/mismatch.ts'
import { custom, integer, type OptionsOf, readOptions, required } from '../core/options.ts'
import { areTexts } from '../data/names.ts'
import { resplit } from '../data/resplit.ts'
import type { Sources } from '../data/stream.ts'
import { parse as parseOptimizer } from '../optim/parse.ts'
import { type Controller, parseController } from '../schedule/index.ts'
import {
  checkExperiment,
  type Experiment,
  type ExperimentOptions,
  experiment,
  optionNames,
} from './experiment.ts'
import { parseMetrics } from './metrics/parse.ts'
import { parseData } from './spec/data.ts'
import { parseLoss } from './spec/loss.ts'
import { parseModel } from './spec/model.ts'
import { isJsonObject } from './spec/named.ts'
import { parseSampler, parseTransforms } from './spec/sampling.ts'

// Experiments as JSON, with names in place of functions. No code is evaluated.

const specOptions = {
  /** Folder to which the paths in the JSON are relative. @default the current folder */
  folder: custom<string | { readonly href: string }>(
    'the path or the file: URL of a folder',
    (value) => value instanceof URL || (typeof value === 'string' && value !== ''),
    '.',
  ),
}

/** Options of `parseExperiment`. */
export interface ParseExperimentOptions extends OptionsOf<typeof specOptions> {}

/**
 * Returns the experiment described by a JSON object with the keys of `train.experiment`. Functions are named, with
 * the names and options that they have in TypeScript; docs/training.md shows each form. Paths must be relative. The
 * JSON Schema `evenstep/schema/experiment.json` lets editors check and complete such a file.
 *
 * @throws {ArgumentError} naming the first key that is unknown, missing or wrong.
 * @throws {FormatError} when a file of data is missing, or is not what the reader reads.
 * @example
 * { "data": { "breastCancer": true, "split": { "validation": 0.2 }, "normalize": { "per": "feature" } },
 *   "model": [["Linear", 30, 16], ["BatchNorm1d", 16], ["ReLU"], ["Linear", 16, 2]], "loss": "crossEntropy",
 *   "optimizer": { "type": "sgd", "lr": 0.1 }, "batchSize": 64, "epochs": 5 }
 */
export async function parseExperiment(
  json: unknown,
  given: ParseExperimentOptions = {},
): Promise<Experiment> {
  const { folder } = readOptions('parseExperiment', specOptions, given)
  if (!isJsonObject(json)) throw mismatch('experiment', 'a JSON object', json)
  checkDepth('experiment', json)
  if (json.modelOptions !== undefined)
    throw mismatch('experiment', 'no modelOptions beside a list of layers', json.modelOptions)
  return withData(
    json,
    await parseData(json.data, typeof folder === 'string' ? folder : fileURLToPath(folder.href)),
  )
}

/** Like `parseExperiment`, but with `data` in place of those that the JSON describes. */
export function withData(json: Readonly<Record<string, unknown>>, data: Sources): Experiment {
  const { $schema, data: _, loss, optimizer, model, control, metrics, transform, sampler, ...rest } = json
  const { train } = data
  return experiment({
    ...rest,
    data,
    model: parseModel(model, train),
    loss: parseLoss(loss, train),
    optimizer: parseOptimizer(optimizer),
    ...(sampler !== undefined && { sampler: parseSampler(sampler, train) }),
    ...(transform !== undefined && { transform: parseTransforms(transform) }),
    ...(control !== undefined && { control: controllers(control) }),
    ...(metrics !== undefined && { metrics: parseMetrics(metrics) }),
  } as unknown as ExperimentOptions)
}

function controllers(list: unknown): Controller[] {
  if (Array.isArray(list)) return list.map(parseController)
  throw mismatch('experiment', 'control as a list of controllers', list)
}

/** A change to an experiment: the path of a setting, such as `optimizer.lr`, and its new value as plain JSON. */
export type Change = readonly [path: string, value: unknown]

/**
 * Returns an experiment with changed settings, each given as `path=value`: `epochs=10`, `optimizer.lr=0.5`,
 * `optimizer.lr=warmup 500 + cosine 1 to 0 over 4685`. A value that is not valid JSON is taken as a string; for an option
 * of the model that is a text, so is any value that is not a JSON string: `model.norm=5`.
 *
 * @throws {ArgumentError} when a path is not a setting or a value is wrong.
 */
export function override(base: Experiment, settings: readonly string[]): Experiment {
  checkExperiment('override', base)
  if (!areTexts(settings)) throw mismatch('override', "a list of texts, such as ['epochs=20']", settings)
  return settings.reduce((current, setting) => change(current, parseSetting(setting, current)), base)
}

/** Returns `base` with changed settings, like `override`, but takes pairs of path and value instead of text. */
export const withSettings = (base: Experiment, settings: readonly Change[]): Experiment =>
  settings.reduce(change, base)

function change(current: Experiment, [path, value]: Change): Experiment {
  const [key, option, ...deeper] = path.split('.')
  if (key === 'optimizer' && option !== undefined && deeper.length === 0) {
    const { optimizer } = current
    return {
      ...current,
      optimizer:
        option === 'type'
          ? parseOptimizer({ ...optimizer.spec, type: value })
          : optimizer.with({ [option]: value }),
    }
  }
  if (key === 'model' && option !== undefined) return withModelOption(current, path, value)
  if (path === 'optimizer') return { ...current, optimizer: parseOptimizer(value) }
  if (path === 'data.split')
    return experiment({ ...current, data: resplit(current.data, splitSeed.read('--set', path, value)) })
  if (path === 'control') return experiment({ ...current, control: controllers(value) })
  if (!settable.includes(path)) throw unknownName('--set', settable, path, 'a path that is ')
  return experiment({ ...current, [path]: value })
}

/** Changes an option of the model, such as `model.width`. @throws {ArgumentError} when the model has no such option. */
function withModelOption(current: Experiment, path: string, value: unknown): Experiment {
  const { modelOptions = {} } = current
  const names = Object.keys(modelOptions).map((name) => `model.${name}`)
  if (names.length === 0) {
    const fix = 'give the experiment modelOptions, and a model that is a function of them'
    throw mismatch('--set', 'a path that is a setting', path, fix)
  }
  if (!names.includes(path)) throw unknownName('--set', names, path, 'a path that is ')
  const name = path.slice('model.'.length)
  const known = modelOptions[name]
  if (known !== null && kindOf(value) !== kindOf(known))
    throw mismatch('--set', `${path} as ${kindOf(known)}, like ${JSON.stringify(known)}`, value)
  return experiment({ ...current, modelOptions: { ...modelOptions, [name]: value } })
}

/** Names the kind of a JSON value. */
function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'an object'
  return typeof value === 'string' ? 'a text' : `a ${typeof value}`
}

const fixed = [
  'data',
  'sampler',
  'shuffleBuffer',
  'transform',
  'model',
  'modelOptions',
  'loss',
  'metrics',
  'checkpoints',
]
const settable = [...optionNames.filter((name) => !fixed.includes(name)), 'optimizer.lr', 'data.split']
const splitSeed = required(integer({ min: 0 }))

function parseSetting(text: string, { modelOptions = {} }: Experiment): Change {
  const at = text.indexOf('=')
  if (at < 1) throw mismatch('--set', 'path=value, such as epochs=10', text)
  const [path, written] = [text.slice(0, at), text.slice(at + 1)]
  const value = checkDepth('--set', jsonOrText(written))
  const isText = path.startsWith('model.') && typeof modelOptions[path.slice('model.'.length)] === 'string'
  return [path, isText && typeof value !== 'string' ? written : value]
}

/** Returns a setting as `path=value`. A string is quoted only if it would otherwise parse as JSON. */
export function settingText([path, value]: Change): string {
  const isPlain = typeof value === 'string' && jsonOrText(value) === value
  return `${path}=${isPlain ? value : JSON.stringify(value)}`
}

function jsonOrText(text: string): unknown {
  const json = jsonIn(text)
  return json === undefined ? text : json
}

/**
 * Parses the text of a JSON file, which may begin with a byte-order mark.
 *
 * @throws {FormatError} naming the file, when the text is not JSON or an object has a duplicate key.
 */
export function parseJson(text: string, file: string): unknown {
  const plain = text.replace(/^\ufeff/, '')
  try {
    const json: unknown = JSON.parse(plain)
    const fault = faultOf(plain, json)
    if (fault === undefined) return json
    throw new FormatError(`${file}: wanted JSON that says each thing once, in a few levels, got ${fault}`)
  } catch (error) {
    if (error instanceof FormatError) throw error
    throw new FormatError(`${file}: wanted JSON, got ${(error as Error).message}`)
  }
}
