import type { AbortSignalLike } from '../core/abort.ts'
import { checkFields, mismatch } from '../core/mismatch.ts'
import {
  boolean,
  callback,
  choice,
  custom,
  integer,
  nested,
  type Option,
  type OptionsOf,
  required,
  type ValuesOf,
} from '../core/options.ts'
import type { Loader } from '../data/loader.ts'
import type { Source } from '../data/stream.ts'
import type { StreamLoader } from '../data/stream-loader.ts'
import type { Model, Module } from '../nn/module.ts'
import type { Loss } from '../ops/loss.ts'
import type { Optimizer } from '../optim/optimizer.ts'
import { type Device, devices } from '../runtime/device.ts'
import { threadCount } from '../runtime/threads.ts'
import { accumulate } from './accumulate.ts'
import { type GivenMetrics, lossOption } from './goals.ts'
import type { Metric, Metrics } from './metrics/metric.ts'
import { parallelOption } from './parallel/communicator.ts'
import { logOptions } from './watch.ts'

/** Returns a function that tells whether a value has a method called `name`. */
export const has =
  (method: string) =>
  (value: unknown): boolean =>
    typeof Object(value)[method] === 'function'

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null

/** Names of standard results, which user-defined metrics must not use. */
const measured = ['loss', 'trainLoss', 'validationLoss', 'validationAccuracy']

const areNamed = (isOne: (value: unknown) => boolean, value: unknown): boolean =>
  isObject(value) &&
  !Array.isArray(value) &&
  Object.entries(value as object).every(([name, one]) => name !== '' && isOne(one))

const isMetric = has('update')
const isMetrics = (value: unknown): boolean =>
  areNamed((one) => isMetric(one) || areNamed(isMetric, one), value)

const metricsOption = custom<GivenMetrics>(
  'metrics by name, such as { f1: train.metrics.f1() }',
  isMetrics,
  {},
)
/** Metrics by name; those of an output have its name before theirs, as in `kind.f1`. */
const metrics: Option<GivenMetrics, Metrics> = {
  ...metricsOption,
  fallback: {},
  read(who, name, value) {
    const given = metricsOption.read(who, name, value)
    const read: Metrics = Object.fromEntries(
      Object.entries(given).flatMap(([name, one]): [string, Metric][] =>
        isMetric(one)
          ? [[name, one as Metric]]
          : Object.entries(one as Metrics).map(([own, metric]) => [`${name}.${own}`, metric]),
      ),
    )
    const taken = Object.keys(read).find((one) => measured.includes(one))
    if (taken === undefined) return read
    throw mismatch(who, 'names of metrics that no other result has', taken, 'rename the metric')
  },
}

/** Options that experiments and tasks share: what to minimize and what to measure. */
export const objective = {
  /**
   * Loss to minimize, as a function of model output and target; for several outputs, an object with a loss for each by
   * name, or `{ loss, weight }`: the weighted sum is minimized.
   */
  loss: required(lossOption),
  /** Optimizer that updates the weights. */
  optimizer: required(custom<Optimizer>('an optimizer, such as optim.sgd({ lr: 0.1 })', has('attach'))),
  /**
   * Metrics to compute at each evaluation besides loss and accuracy, by name; for several outputs, an object with the
   * metrics of each: `{ kind: { f1: train.metrics.f1() } }`. @default {}
   */
  metrics,
  /** Quantities to log for each step; with `accumulate`, only `gradientNorm` is available. @default {} */
  log: nested(logOptions, {}),
}

/** Option `scheduleSteps`: the number of optimizer steps to which percentages in schedules refer. */
export const scheduleSteps = integer({ min: 1 })

/** Options that experiments and tasks share: how to compute. */
export const computing = {
  /** Number of micro-batches of `batchSize` per optimizer step, or `{ steps, batchNorm }`. @default 1 */
  accumulate,
  /**
   * What to do when a step would make a loss or variable NaN or infinite: `throw` an error, or `skip` the batch. A
   * skipped batch advances no schedule and changes no running statistics. @default 'throw'
   */
  nonFinite: choice(['throw', 'skip'], 'throw'),
  /** Whether to recompute batch normalization's running statistics before evaluation. @default false */
  recalibrateBeforeEvaluation: boolean(false),
  /** Element type of all computation. float64 is slower and meant for verification. @default 'float32' */
  dtype: choice(['float32', 'float64'], 'float32'),
  /**
   * Device to compute on. 'auto' uses WebGPU where there is a GPU and timing of the first calls shows that it is faster
   * than the CPU; results may then differ in the last digits from run to run.
   * @default the CPU, with native code where available
   */
  device: choice<Device>(devices),
  /** Maximum number of CPU threads per operator. @default 1 to 4, the fastest in the first calls of the graph */
  threads: threadCount,
}

export const taskOptions = {
  /** Model to train. Variables that have no values yet are initialized from `seed`. */
  model: required(custom<Model>('a module, such as new Net()', has('forward'))),
  /** Training data: determines shapes and types of examples, and provides batches to recompute running statistics. */
  data: required(custom<Source>('a data set or a stream', (value) => isObject(Object(value).x))),
  ...objective,
  /** Seed of the initial weights. @default 0 */
  seed: integer({ min: 0 }, 0),
  ...computing,
  /** Number of optimizer steps to which percentages in schedules refer; required if there are percentages. */
  scheduleSteps,
  /** Function that recomputes running statistics for evaluation. @default train.recalibrate */
  recalibrate: callback<Recalibration>('a function of a model and batches, such as train.updateBn'),
  /** Data-parallel training: other processes that train this model with this one. @default one process */
  parallel: parallelOption,
}

/** Recomputes the running statistics of a model; `options` is passed if there is an abort signal. */
type Recalibration = (
  model: Module,
  batches: Loader | StreamLoader,
  options?: { readonly signal: AbortSignalLike },
) => Promise<unknown>

export interface TaskOptions extends OptionsOf<typeof taskOptions> {}

/** Values of `taskOptions` once the losses of several outputs are one function, and the model is a module. */
export type TaskValues = Omit<ValuesOf<typeof taskOptions>, 'model' | 'loss'> & {
  readonly model: Module
  readonly loss: Loss
}

/** Checks that a value is a task. @throws {ArgumentError} when it is not. */
export const checkTask = (who: string, value: unknown): void =>
  checkFields(who, 'a task, as train.taskOf(experiment) makes it', value, 'model', 'variables')
