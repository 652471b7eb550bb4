import { fileNameOption } from '../core/file-name.ts'
import { isJson } from '../core/json.ts'
import { checkMemory } from '../core/memory.ts'
import { checkFields, mismatch, unknownName } from '../core/mismatch.ts'
import {
  callback,
  choice,
  custom,
  integer,
  nested,
  type OptionsOf,
  type Present,
  present,
  readOptions,
  required,
  size,
  type ValuesOf,
} from '../core/options.ts'
import { sizeOf } from '../core/shape.ts'
import { checkOrder, type Loader, loader } from '../data/loader.ts'
import { noBatch } from '../data/loader-options.ts'
import type { Sampler } from '../data/sampler.ts'
import { isStream, type Source, type Sources } from '../data/stream.ts'
import type { StreamLoader } from '../data/stream-loader.ts'
import type { Transform } from '../data/transform.ts'
import type { Module } from '../nn/module.ts'
import type { Normalization } from '../nn/norm/normalization.ts'
import type { Controller } from '../schedule/control/controller.ts'
import { checkWeighing, type Metric } from './metrics/metric.ts'
import { checkParts } from './parts.ts'
import { computing, has, objective, scheduleSteps } from './task-options.ts'

const isSources = (value: unknown): boolean => {
  const { train, validation, test = train } = Object(value) as Record<string, unknown>
  return [train, validation, test].every((source) => Object(source) === source)
}

const parts: readonly string[] = ['train', 'validation', 'test']

const isListOf =
  (isOne: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.every(isOne)

/** Options of a model by name: JSON values. */
export type ModelOptions = Readonly<Record<string, unknown>>

const isModelOptions = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && isJson(value)

// The order is that of the keys in run.json.
const options = {
  /** Name of the experiment's runs. @default the file's name */
  name: fileNameOption,
  /** Training and validation data and, if you like, test data: data sets in memory, or streams. */
  data: required(custom<Sources>('a split with train and validation, such as data.digits10x10()', isSources)),
  /** Sampler to select and order an epoch's training examples; not for streams. @default every example once */
  sampler: custom<Sampler>(
    'a sampler, such as data.weightedSampler(data.exampleWeights(split.train))',
    has('order'),
  ),
  /** Number of examples in the buffer from which a training stream is shuffled; streams only. @default 4096 */
  shuffleBuffer: integer({ min: 1 }),
  /** Random augmentations of each training example, drawn anew every epoch. @default [] */
  transform: custom<readonly Transform[]>(
    'a list of transforms, such as [data.horizontalFlip()]',
    isListOf(has('apply')),
    [],
  ),
  /** Returns a new model, given `modelOptions`. Its weights are then initialized from `seed`. */
  model: required(
    callback<(options: never) => Module>('a function that returns a module, such as () => new Net()'),
  ),
  /**
   * Options that `model` is called with, and their values: what `--set model.width=64` and a study's factor
   * `model.width` change. @default {}
   */
  modelOptions: custom<ModelOptions>('an object of JSON values, such as { width: 64 }', isModelOptions),
  ...objective,
  /** Number of examples per batch: per training step or, with `accumulate`, per micro-batch. */
  batchSize: required(size),
  /** Normalization layers to use in place of the model's own hidden ones. @default the model's own */
  normalization: custom<Normalization>('a kind of normalization', () => true),
  /** Number of passes over the training data. At least one of `epochs` and `steps` is required. */
  epochs: integer({ min: 1 }),
  /** Number of optimizer steps after which the run ends, even within an epoch. */
  steps: integer({ min: 1 }),
  /** Number of optimizer steps to which percentages in schedules refer. @default the steps of the run */
  scheduleSteps,
  /** Seed of the initial weights and of the order of the data. @default 0 */
  seed: integer({ min: 0 }, 0),
  /** Whether to drop or keep an epoch's last training batch if it is incomplete. @default 'drop' */
  lastBatch: choice(['drop', 'keep'], 'drop'),
  /** Controllers: after each epoch, they may scale the learning rate or stop the run. @default [] */
  control: custom<readonly Controller[]>(
    'a list of controllers, such as [schedule.reduceOnPlateau()]',
    isListOf(has('update')),
    [],
  ),
  /** Quantity that `control` reacts to and that selects the best checkpoint. @default 'validationLoss' */
  monitor: custom<Monitor>(
    "'trainLoss', 'validationLoss', 'validationAccuracy' or the name of a metric that is one number",
    (value) => typeof value === 'string',
    'validationLoss',
  ),
  /** When to write checkpoints, apart from those at the end of each epoch, and how many to keep. @default {} */
  checkpoints: nested(
    {
      /** Number of optimizer steps between checkpoints within an epoch. */
      everySteps: integer({ min: 1 }),
      /** Number of most recent checkpoints to keep, besides the best one. @default 2 */
      keep: integer({ min: 1 }),
    },
    {},
  ),
  ...computing,
}

/** Options of `experiment`; those with a default may be omitted. */
export interface ExperimentOptions extends OptionsOf<typeof options> {}

/** Options of `experiment`, with a model that takes options of type `O`. */
type WithModelOptions<O> = Omit<ExperimentOptions, 'model' | 'modelOptions'> & {
  readonly model: (options: O) => Module
  readonly modelOptions: O
}

/** Everything that determines a training run: two runs of one experiment give the same results, bit for bit. */
export interface Experiment extends Present<ValuesOf<typeof options>> {}

const epochResults = ['trainLoss', 'validationLoss', 'validationAccuracy'] as const
type EpochResult = (typeof epochResults)[number]

/** Name of a quantity measured after each epoch: a loss, the accuracy or a metric. */
export type Monitor = EpochResult | (string & {})

/** Returns whether `monitor` names a loss or the accuracy, as opposed to a metric. */
export const isEpochResult = (monitor: string): monitor is EpochResult =>
  epochResults.some((name) => name === monitor)

/** Checks that a value is an experiment. @throws {ArgumentError} when it is not. */
export function checkExperiment(who: string, value: unknown): void {
  const fields = typeof Object(value).model === 'function' ? ['data', 'loss', 'optimizer'] : ['']
  checkFields(who, 'an experiment, as train.experiment makes it', value, ...fields)
}

/** Names of the options of an experiment. */
export const optionNames: readonly string[] = Object.keys(options)

/**
 * Checks an experiment and fills in its defaults.
 *
 * @throws {ArgumentError} naming the first option that is unknown, missing, wrong or unsuitable for the data.
 */
export function experiment<O extends object>(given: WithModelOptions<O>): Experiment
export function experiment(given: ExperimentOptions): Experiment
export function experiment(given: ExperimentOptions): Experiment {
  if (typeof given !== 'object' || given === null) {
    throw mismatch('experiment', 'an object', given, 'export train.experiment({ … })')
  }
  const stranger = Object.keys(Object(given.data)).find((name) => !parts.includes(name))
  if (stranger !== undefined && isSources(given.data)) throw unknownName('experiment: data', parts, stranger)
  const checked = present(readOptions('experiment', options, given))
  const { data, epochs, steps, monitor } = checked
  checkMonitor('experiment', 'monitor', checked, monitor)
  checkOrder('experiment', data.train, checked)
  checkBatchSize(checked)
  checkParts(data)
  for (const source of Object.values(data) as Source[]) checkWeighing(checked.metrics, source.weights)
  const goal = goalOf(checked)
  const control = checked.control.map((one) => one.follow?.(goal, monitor) ?? one)
  if (epochs !== undefined || steps !== undefined) return { ...checked, control }
  throw mismatch('experiment', 'epochs or steps as a positive integer', undefined)
}

/** Checks `batchSize`. @throws {ArgumentError} when one batch would not fit into memory, probably a mistake. */
function checkBatchSize({ data: { train }, batchSize }: Pick<Experiment, 'data' | 'batchSize'>): void {
  const numbers = sizeOf(train.x.shape) + sizeOf(train.y.shape)
  checkMemory(
    'experiment',
    `batches of ${batchSize} examples`,
    4 * batchSize * numbers,
    'use a smaller batchSize',
  )
}

/**
 * Checks that a quantity is measured after each epoch and is a single number.
 *
 * @param option name of the option that names the quantity
 * @throws {ArgumentError} naming all such quantities, and the likeliest one if `name` is a misspelling.
 */
export function checkMonitor(
  who: string,
  option: string,
  { data, metrics }: Pick<Experiment, 'data' | 'metrics'>,
  name: string,
): void {
  const isMeasured = hasClasses(data.validation)
  const results = epochResults.filter((result) => isMeasured || result !== 'validationAccuracy')
  const names = [...results, ...Object.keys(metrics).filter((metric) => metrics[metric]!.goal !== undefined)]
  if (names.includes(name)) return
  if (name === 'validationAccuracy' || metrics[name] !== undefined) {
    const fix = metrics[name]
      ? noGoal(name, metrics[name]!)
      : 'no accuracy is measured where the data do not state their classes'
    throw mismatch(who, `${option} as one of ${names.join(', ')}`, name, fix)
  }
  throw unknownName(who, names, name, `${option} as `)
}

/** Explains why a metric without a goal cannot be monitored: its result is a list, or only the goal is missing. */
function noGoal(name: string, { result, initial }: Metric): string {
  const fix = `give ${name} a goal, 'max' or 'min'`
  try {
    return typeof result(initial) === 'number' ? fix : `${name} is not one number`
  } catch {
    return `${fix}, if its result is one number` // its result is defined for no examples
  }
}

/** Whether accuracy can be measured on these data, that is, whether their targets are classes. */
const hasClasses = ({ classes }: Source): boolean => classes !== undefined

/** Returns `max` if a larger value of the experiment's monitored quantity is better, otherwise `min`. */
export const goalOf = ({ monitor, metrics }: Pick<Experiment, 'monitor' | 'metrics'>): 'min' | 'max' =>
  monitor === 'validationAccuracy' ? 'max' : (metrics[monitor]?.goal ?? 'min')

/** Returns a loader of training batches of `batchSize` examples, with the experiment's order and transforms. */
export function trainingBatches(
  { data, transform, seed, sampler, shuffleBuffer }: Experiment,
  batchSize: number,
  last: 'drop' | 'keep',
): Loader | StreamLoader {
  const count = isStream(data.train) ? batchSize : (sampler?.count ?? data.train.length)
  if (last === 'drop' && count < batchSize) {
    throw noBatch('experiment', batchSize, count, "lastBatch: 'keep'")
  }
  const order = { ...(sampler && { sampler }), ...(shuffleBuffer !== undefined && { shuffleBuffer }) }
  return loader(data.train, { batchSize, seed, last, transform, ...order })
}
