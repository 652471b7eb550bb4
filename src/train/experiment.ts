import { mismatch } from '../core/mismatch.ts'
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
  text,
  type ValuesOf,
} from '../core/options.ts'
import { checkOrder, type Loader, loader } from '../data/loader.ts'
import type { Sampler } from '../data/sampler.ts'
import type { Sources } from '../data/stream.ts'
import type { StreamLoader } from '../data/stream-loader.ts'
import type { Transform } from '../data/transform.ts'
import type { Module } from '../nn/module.ts'
import type { Normalization } from '../nn/norm/normalization.ts'
import type { Controller } from '../schedule/control/controller.ts'
import { computing, has, objective } from './task-options.ts'

const isSources = (value: unknown): boolean =>
  [Object(value).train, Object(value).validation].every((one) => typeof one === 'object' && one !== null)

const isListOf =
  (isOne: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.every(isOne)

// In the order in which run.json has them.
const options = {
  /** Name of its runs. @default the file's name */
  name: text(),
  /** What to learn from and to be evaluated on: data sets, or streams of what is larger than memory. */
  data: required(custom<Sources>('a split with train and validation, such as data.digits10x10()', isSources)),
  /** Chooses an epoch's training examples; in-memory data only. @default every example once */
  sampler: custom<Sampler>(
    'a sampler, such as data.weightedSampler(data.exampleWeights(split.train))',
    has('order'),
  ),
  /** Examples of a training stream held back, of which a random one comes next; streams only. @default 4096 */
  shuffleBuffer: integer({ min: 1 }),
  /** Changes each training example, anew in each epoch. @default [] */
  transform: custom<readonly Transform[]>(
    'a list of transforms, such as [data.horizontalFlip()]',
    isListOf(has('apply')),
    [],
  ),
  /** Makes the model, without weights: they come from the seed. */
  model: required(callback<() => Module>('a function that returns a module, such as () => new Net()')),
  ...objective,
  /** Examples in a batch: those of a training step, or with `accumulate` of each of its parts. */
  batchSize: required(size),
  /** How to normalize the model's hidden layers, instead of the way it is written. */
  normalization: custom<Normalization>('a kind of normalization', () => true),
  /** Passes over the training data. One of `epochs` and `steps` must be given. */
  epochs: integer({ min: 1 }),
  /** Optimizer steps after which the run ends, if need be within an epoch. */
  steps: integer({ min: 1 }),
  /** Seed of the first weights and of the order of the data. @default 0 */
  seed: integer({ min: 0 }, 0),
  /** Whether to `drop` or `keep` an epoch's last training batch when it is not full. @default 'drop' */
  lastBatch: choice(['drop', 'keep'], 'drop'),
  /** Watch the learning curve: each multiplies the learning rate, and may end the run. @default [] */
  control: custom<readonly Controller[]>(
    'a list of controllers, such as [schedule.reduceOnPlateau()]',
    isListOf(has('update')),
    [],
  ),
  /** What `control` watches, and by which a checkpoint is the best. @default 'validationLoss' */
  monitor: custom<Monitor>(
    "'trainLoss', 'validationLoss', 'validationAccuracy' or the name of a metric that is one number",
    (value) => typeof value === 'string',
    'validationLoss',
  ),
  /** Checkpoints besides those at the end of each epoch. @default {} */
  checkpoints: nested(
    {
      /** Optimizer steps between checkpoints within an epoch. */
      everySteps: integer({ min: 1 }),
      /** How many of the last checkpoints are kept besides the best. @default 2 */
      keep: integer({ min: 1 }),
    },
    {},
  ),
  ...computing,
}

/** An experiment as it is written: options with a default may be left out. */
export interface ExperimentOptions extends OptionsOf<typeof options> {}

/** Everything that decides a training run. Two runs of one experiment give the same numbers. */
export interface Experiment extends Present<ValuesOf<typeof options>> {}

/** A number of each epoch, or the name of a metric. */
export type Monitor = 'trainLoss' | 'validationLoss' | 'validationAccuracy' | (string & {})

/**
 * Checks an experiment and fills in its defaults.
 *
 * @throws {ArgumentError} naming the first option that is unknown, missing or wrong, or does not suit the data.
 */
export function experiment(given: ExperimentOptions): Experiment {
  if (typeof given !== 'object' || given === null) {
    throw mismatch('experiment', 'an object', given, 'export train.experiment({ … })')
  }
  const checked = present(readOptions('experiment', options, given))
  const { data, epochs, steps, monitor, metrics } = checked
  const isMonitored =
    ['trainLoss', 'validationLoss', 'validationAccuracy'].includes(monitor) ||
    metrics[monitor]?.goal !== undefined
  if (!isMonitored) throw mismatch('experiment', `monitor as ${options.monitor.wanted}`, monitor)
  checkOrder('experiment', data.train, checked)
  if (epochs !== undefined || steps !== undefined) return checked
  throw mismatch('experiment', 'epochs or steps as a positive integer', undefined)
}

/** Returns whether more or less of what an experiment monitors is better. */
export const goalOf = ({ monitor, metrics }: Pick<Experiment, 'monitor' | 'metrics'>): 'min' | 'max' =>
  monitor === 'validationAccuracy' ? 'max' : (metrics[monitor]?.goal ?? 'min')

/** Returns the training data in batches of `batchSize`, in the experiment's order and with its transforms. */
export function trainingBatches(
  { data, transform, seed, sampler, shuffleBuffer }: Experiment,
  batchSize: number,
  last: 'drop' | 'keep',
): Loader | StreamLoader {
  const order = { ...(sampler && { sampler }), ...(shuffleBuffer !== undefined && { shuffleBuffer }) }
  return loader(data.train, { batchSize, seed, last, transform, ...order })
}
