import { z } from 'zod'
import { mismatch, unknownName } from '../core/mismatch.ts'
import { checkOrder, type Loader, loader } from '../data/loader.ts'
import type { Sampler } from '../data/sampler.ts'
import type { Sources } from '../data/stream.ts'
import type { StreamLoader } from '../data/stream-loader.ts'
import type { Transform } from '../data/transform.ts'
import type { Module } from '../nn/module.ts'
import type { Normalization } from '../nn/norm/normalization.ts'
import type { Loss } from '../ops/loss.ts'
import type { Optimizer } from '../optim/optimizer.ts'
import { type Device, devices } from '../runtime/device.ts'
import type { Controller } from '../schedule/control/controller.ts'
import type { Accumulate } from './accumulation.ts'
import type { Metric, Metrics } from './metrics/metric.ts'
import type { LogOptions } from './watch.ts'

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null
const isFunction = (value: unknown): boolean => typeof value === 'function'

// Each description completes the sentence `wanted KEY as …`.
const schema = z.strictObject({
  name: z.string().min(1).optional().describe('a text'),
  data: z
    .custom<Sources>((value) => isObject(value) && isObject(value.train) && isObject(value.validation))
    .describe('a split with train and validation, such as data.digits10x10()'),
  sampler: z
    .custom<Sampler>((value) => isObject(value) && isFunction(value.order))
    .optional()
    .describe('a sampler, such as data.weightedSampler(data.exampleWeights(split.train))'),
  shuffleBuffer: z.int().min(1).optional().describe('an integer ≥ 1'),
  transform: z
    .array(z.custom<Transform>((value) => isObject(value) && isFunction(value.apply)))
    .default([])
    .describe('a list of transforms, such as [data.horizontalFlip()]'),
  model: z
    .custom<() => Module>(isFunction)
    .describe('a function that returns a module, such as () => new Net()'),
  loss: z.custom<Loss>(isFunction).describe('a function of output and target, such as ops.crossEntropy'),
  optimizer: z
    .custom<Optimizer>((value) => isObject(value) && isFunction(value.attach))
    .describe('an optimizer, such as optim.sgd({ lr: 0.1 })'),
  batchSize: z.int().min(1).describe('an integer ≥ 1'),
  normalization: z.custom<Normalization>().optional().describe('a kind of normalisation'),
  epochs: z.int().min(1).optional().describe('an integer ≥ 1'),
  steps: z.int().min(1).optional().describe('an integer ≥ 1'),
  seed: z.int().min(0).default(0).describe('an integer ≥ 0'),
  lastBatch: z.enum(['drop', 'keep']).default('drop').describe("'drop' or 'keep'"),
  control: z
    .array(z.custom<Controller>((value) => isObject(value) && isFunction(value.update)))
    .default([])
    .describe('a list of controllers, such as [schedule.reduceOnPlateau()]'),
  monitor: z
    .string()
    .default('validationLoss')
    .describe(
      "'trainLoss', 'validationLoss', 'validationAccuracy' or the name of a metric that is one number",
    ),
  metrics: z
    .record(
      z.string().min(1),
      z.custom<Metric>((value) => isObject(value) && isFunction(value.update)),
    )
    .default({})
    .describe('metrics by name, such as { f1: train.metrics.f1() }'),
  log: z
    .strictObject({
      gradientNorm: z.boolean().optional(),
      batchNorm: z.boolean().optional(),
      samplesPerSecond: z.boolean().optional(),
    })
    .default({})
    .describe('gradientNorm, batchNorm and samplesPerSecond, each true or false'),
  checkpoints: z
    .strictObject({ everySteps: z.int().min(1).optional(), keep: z.int().min(1).optional() })
    .default({})
    .describe('everySteps and keep, each an integer ≥ 1'),
  accumulate: z
    .union([
      z.int().min(1),
      z.strictObject({ steps: z.int().min(1), batchNorm: z.enum(['perMicroBatch', 'exact']).optional() }),
    ])
    .default(1)
    .describe("an integer ≥ 1, or as { steps, batchNorm: 'perMicroBatch' or 'exact' }"),
  nonFinite: z.enum(['throw', 'skip']).default('throw').describe("'throw' or 'skip'"),
  recalibrateBeforeEvaluation: z.boolean().default(false).describe('true or false'),
  dtype: z.enum(['float32', 'float64']).default('float32').describe("'float32' or 'float64'"),
  device: z
    .enum(devices as [Device, ...Device[]])
    .optional()
    .describe("'cpu', 'wasm' or 'webgpu'"),
  threads: z.int().min(1).optional().describe('an integer ≥ 1'),
})

/** Everything that decides a training run. Two runs of one experiment give the same numbers. */
export type Experiment = Optional & Required<Omit<ExperimentOptions, keyof Optional>>
type Optional = Pick<
  ExperimentOptions,
  'name' | 'sampler' | 'shuffleBuffer' | 'normalization' | 'epochs' | 'steps' | 'device' | 'threads'
>

/** An experiment as it is written: what has a default may be left out. */
export interface ExperimentOptions {
  /** What its runs are called; the file's name unless given. */
  readonly name?: string
  /** What to learn from and what to be measured on: data sets, or streams of what is larger than memory. */
  readonly data: Sources
  /** Which training examples an epoch has, instead of each once; for a data set in memory. Each once. */
  readonly sampler?: Sampler
  /** How many examples of a training stream are held back, so that one of them, at random, comes next; 4096. */
  readonly shuffleBuffer?: number
  /** What changes each training example, anew in each epoch. Nothing. */
  readonly transform?: readonly Transform[]
  /** Makes the model, without weights: they come from the seed. */
  readonly model: () => Module
  readonly loss: Loss
  readonly optimizer: Optimizer
  /** Examples a training step, or with `accumulate` each of its parts. */
  readonly batchSize: number
  /** How to normalise the model's hidden layers instead of as it says itself. */
  readonly normalization?: Normalization
  /** Passes over the training data. One of `epochs` and `steps` must be there. */
  readonly epochs?: number
  /** Optimizer steps after which the run ends, in the middle of an epoch where they fall there. */
  readonly steps?: number
  /** Decides the first weights and the order of the data; 0. */
  readonly seed?: number
  /** What becomes of an epoch's last training batch when it is not full: `drop` it, or `keep` it. `drop`. */
  readonly lastBatch?: 'drop' | 'keep'
  /** What watches the learning curve: each multiplies the learning rate, and may end the run. None. */
  readonly control?: readonly Controller[]
  /** What `control` is told after each epoch, and the best checkpoint is best in; `validationLoss`. */
  readonly monitor?: Monitor
  /** What to measure on the validation data after each epoch, besides loss and accuracy, by name. None. */
  readonly metrics?: Metrics
  /** What to log of each step, besides its loss and rate. Nothing. */
  readonly log?: LogOptions
  /** Checkpoints besides those at the end of each epoch, and how many of the last to `keep` besides the best; 2. */
  readonly checkpoints?: { readonly everySteps?: number; readonly keep?: number }
  /** How many batches of `batchSize` make one optimizer step; 1. A number is `{ steps }`. */
  readonly accumulate?: number | Accumulate
  /** What becomes of a step that makes a number not finite: an error, or it is left out; `throw`. */
  readonly nonFinite?: 'throw' | 'skip'
  /** Whether evaluation measures the running statistics of batch normalization anew first; false. */
  readonly recalibrateBeforeEvaluation?: boolean
  /** What to compute in; `float32`. */
  readonly dtype?: 'float32' | 'float64'
  /** Where to compute; the CPU, natively where there is a binary. */
  readonly device?: Device
  /** Threads an operator may use; chosen from the work in the graph. */
  readonly threads?: number
}

/** A number of each epoch, or the name of a metric. */
export type Monitor = 'trainLoss' | 'validationLoss' | 'validationAccuracy' | (string & {})

const isMonitored = ({ monitor, metrics }: z.output<typeof schema>): boolean =>
  ['trainLoss', 'validationLoss', 'validationAccuracy'].includes(monitor) ||
  metrics[monitor]?.goal !== undefined

/**
 * An experiment, checked.
 *
 * @throws {ArgumentError} naming the first key that is unknown, missing or of the wrong kind, or does not suit the data.
 */
export function experiment(options: ExperimentOptions): Experiment {
  const checked = schema.safeParse(options)
  if (checked.success && isMonitored(checked.data)) {
    const { data, epochs, steps } = checked.data
    checkOrder('experiment', data.train, checked.data)
    if (epochs !== undefined || steps !== undefined) return checked.data as Experiment
    throw mismatch('experiment', 'epochs or steps as an integer ≥ 1', undefined)
  }
  if (!isObject(options)) throw mismatch('experiment', 'an object', options, 'export train.experiment({ … })')
  const names = Object.keys(schema.shape)
  const stranger = Object.keys(options).find((key) => !names.includes(key))
  if (stranger !== undefined) throw unknownName('experiment', names, stranger)
  const key = String(checked.error?.issues[0]?.path[0] ?? 'monitor') as keyof typeof schema.shape
  throw mismatch('experiment', `${key} as ${schema.shape[key].description}`, options[key])
}

/** Whether more or less of what an experiment monitors is better. */
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
