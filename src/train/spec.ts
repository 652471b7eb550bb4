import { FormatError } from '../core/errors.ts'
import { checkDepth, faultOf, jsonIn } from '../core/json.ts'
import { mismatch, unknownName } from '../core/mismatch.ts'
import { choice, custom, number, readOptions, required } from '../core/options.ts'
import * as data from '../data/index.ts'
import * as nn from '../nn/index.ts'
import type { Module } from '../nn/module.ts'
import * as ops from '../ops/index.ts'
import { parse as parseOptimizer } from '../optim/parse.ts'
import { type Controller, parseController, parse as parseSchedule } from '../schedule/index.ts'
import {
  checkExperiment,
  type Experiment,
  type ExperimentOptions,
  experiment,
  optionNames,
} from './experiment.ts'
import { parseMetrics } from './metrics/parse.ts'

// Experiments as JSON, with names in place of functions. No code is evaluated.

const dataSets: Readonly<Record<string, () => data.Split>> = { digits10x10: data.digits10x10 }
const { crossEntropy, mseLoss, l1Loss, huberLoss, smoothL1Loss, binaryCrossEntropyWithLogits } = ops
const losses: Readonly<Record<string, ops.Loss>> = {
  crossEntropy,
  mseLoss,
  l1Loss,
  huberLoss,
  smoothL1Loss,
  binaryCrossEntropyWithLogits,
}

type Layer = new (...args: never[]) => Module

/** Every layer class of `nn`, by name. */
const layers: Readonly<Record<string, Layer>> = Object.fromEntries(
  Object.entries(nn).filter((entry): entry is [string, Layer & (typeof entry)[1]] => isLayer(entry[1])),
)

function isLayer(value: unknown): value is Layer {
  return typeof value === 'function' && typeof value.prototype?.forward === 'function'
}

/**
 * Returns the experiment described by a JSON object with the keys of `train.experiment`: `data` by name, `loss`
 * by name or as `{ "type": "crossEntropy", "weight": "balanced" }`, `optimizer` as an object of `type` and
 * options, schedules as objects or text, metrics as objects or types, and the `model` as a list of layers
 * `[name, ...arguments]`.
 *
 * @throws {ArgumentError} naming the first key that is unknown, missing or wrong.
 * @example
 * { "data": "digits10x10", "model": [["Linear", 100, 100], ["ReLU"], ["BatchNorm1d", 100], ["Linear", 100,
 * 10]],
 *   "loss": "crossEntropy", "optimizer": { "type": "sgd", "lr": 0.1 }, "batchSize": 64, "epochs": 5 }
 */
export function parseExperiment(json: unknown): Experiment {
  if (typeof json !== 'object' || json === null) throw mismatch('experiment', 'a JSON object', json)
  checkDepth('experiment', json)
  const { data, loss, optimizer, model, control, metrics, ...rest } = json as Record<string, unknown>
  if (rest.modelOptions !== undefined)
    throw mismatch('experiment', 'no modelOptions beside a list of layers', rest.modelOptions)
  const split = byName('data', dataSets, data)()
  return experiment({
    ...rest,
    data: split,
    model: parseModel(model),
    loss: parseLoss(loss, split),
    optimizer: parseOptimizer(optimizer),
    ...(control !== undefined && { control: controllers(control) }),
    ...(metrics !== undefined && { metrics: parseMetrics(metrics) }),
  } as unknown as ExperimentOptions)
}

function byName<T>(what: string, known: Readonly<Record<string, T>>, name: unknown): T {
  const found = typeof name === 'string' && Object.hasOwn(known, name) ? known[name] : undefined
  if (found === undefined) throw unknownName('experiment', Object.keys(known), String(name), `${what} as `)
  return found
}

const isWeight = (value: unknown): boolean => Number.isFinite(value) && (value as number) >= 0

const lossOptions = {
  type: required(choice(['crossEntropy'])),
  /** Weight of each class in the loss; `balanced` compensates for unequal class sizes in the training data. */
  weight: custom<'balanced' | readonly number[]>(
    "'balanced' or a list of numbers ≥ 0",
    (value) => value === 'balanced' || (Array.isArray(value) && value.length > 0 && value.every(isWeight)),
  ),
  labelSmoothing: number({ min: 0, max: 1 }, 0),
}

/** Returns the loss described by `spec`: a name, or an object with `type: 'crossEntropy'` and its options. */
function parseLoss(spec: unknown, { train }: data.Split): ops.Loss {
  if (typeof spec !== 'object' || spec === null) return byName('loss', losses, spec)
  const { type, weight, labelSmoothing } = readOptions('experiment: loss', lossOptions, spec)
  const weights = weight === 'balanced' ? data.classWeights(train) : weight
  const loss: ops.Loss = (output, target) =>
    ops.crossEntropy(output, target, { labelSmoothing, ...(weights && { weight: weights }) })
  return Object.defineProperty(loss, 'name', {
    value: `${type} ${JSON.stringify({ weight, labelSmoothing })}`,
  })
}

function controllers(list: unknown): Controller[] {
  if (Array.isArray(list)) return list.map(parseController)
  throw mismatch('experiment', 'control as a list of controllers', list)
}

type LayerSpec = readonly [name: string, ...arguments: unknown[]]

const isLayerList = (value: unknown): value is readonly LayerSpec[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((layer) => Array.isArray(layer) && typeof layer[0] === 'string')

function parseModel(spec: unknown): () => Module {
  if (!isLayerList(spec)) {
    throw mismatch('experiment', 'model as a list of layers, such as ["Linear", 100, 10]', spec)
  }
  const layer = ([name, ...args]: LayerSpec): Module =>
    new (byName('layer', layers, name))(...(args.map(parseArgument) as never[]))
  const make = (): Module => new nn.Sequential(...spec.map(layer))
  make() // refuses a wrong layer now, not when training starts
  return make
}

/** Returns an argument of a layer's constructor; the JSON or text of a `momentum` schedule becomes the schedule. */
function parseArgument(argument: unknown): unknown {
  const { momentum } = Object(argument)
  if (typeof momentum !== 'string' && (typeof momentum !== 'object' || momentum === null)) return argument
  return { ...(argument as object), momentum: parseSchedule(momentum) }
}

/** A change to an experiment: the path of a setting, such as `optimizer.lr`, and its new value as plain JSON. */
export type Change = readonly [path: string, value: unknown]

/**
 * Returns an experiment with changed settings, each given as `path=value`: `epochs=10`, `optimizer.lr=0.5`,
 * `optimizer.lr=warmup 500 + cosine 1 to 0 over 4685`. A value that is not valid JSON is taken as a string.
 *
 * @throws {ArgumentError} when a path is not a setting or a value is wrong.
 */
export function override(base: Experiment, settings: readonly string[]): Experiment {
  checkExperiment('override', base)
  const areTexts = Array.isArray(settings) && settings.every((one) => typeof one === 'string')
  if (!areTexts) throw mismatch('override', "a list of texts, such as ['epochs=20']", settings)
  return withSettings(base, settings.map(parseSetting))
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
  const type = typeof modelOptions[name]
  if ((type === 'number' || type === 'boolean') && typeof value !== type)
    throw mismatch('--set', `${path} as a ${type}, like ${modelOptions[name]}`, value)
  return experiment({ ...current, modelOptions: { ...modelOptions, [name]: value } })
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
const settable = [...optionNames.filter((name) => !fixed.includes(name)), 'optimizer.lr']

function parseSetting(text: string): Change {
  const at = text.indexOf('=')
  if (at < 1) throw mismatch('--set', 'path=value, such as epochs=10', text)
  return [text.slice(0, at), checkDepth('--set', jsonOrText(text.slice(at + 1)))]
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

/** Parses the text of a JSON file as an experiment. @throws {FormatError} when the text is not JSON. */
export const parseExperimentText = (text: string, file: string): Experiment =>
  parseExperiment(parseJson(text, file))

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
