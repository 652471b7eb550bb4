import {
  boolean,
  callback,
  choice,
  custom,
  integer,
  nested,
  type OptionsOf,
  required,
} from '../core/options.ts'
import type { Loader } from '../data/loader.ts'
import type { Source } from '../data/stream.ts'
import type { StreamLoader } from '../data/stream-loader.ts'
import type { Module } from '../nn/module.ts'
import type { Loss } from '../ops/loss.ts'
import type { Optimizer } from '../optim/optimizer.ts'
import { type Device, devices } from '../runtime/device.ts'
import { accumulate } from './accumulation.ts'
import type { Metrics } from './metrics/metric.ts'
import { logOptions } from './watch.ts'

/** Whether a value has a method of this name. */
export const has =
  (method: string) =>
  (value: unknown): boolean =>
    typeof Object(value)[method] === 'function'

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null

const isMetrics = (value: unknown): boolean =>
  isObject(value) && Object.entries(value as object).every(([name, one]) => name !== '' && has('update')(one))

/** What to minimize and what to measure: options that an experiment and its task share. */
export const objective = {
  /** Function of output and target that is minimized. */
  loss: required(callback<Loss>('a function of output and target, such as ops.crossEntropy')),
  /** Rule by which the weights learn. */
  optimizer: required(custom<Optimizer>('an optimizer, such as optim.sgd({ lr: 0.1 })', has('attach'))),
  /** What evaluation measures besides loss and accuracy, by name. @default {} */
  metrics: custom<Metrics>('metrics by name, such as { f1: train.metrics.f1() }', isMetrics, {}),
  /** What to log of each step; of an accumulated step, only its gradient norm. @default {} */
  log: nested(logOptions, {}),
}

/** How to compute: options that an experiment and its task share. */
export const computing = {
  /** Batches of `batchSize` that make one optimizer step. A number is `{ steps }`. @default 1 */
  accumulate,
  /**
   * What a step does that would make a number not finite: `throw` an error, or `skip` its batch as if it had
   * not been there. A skipped step moves no schedule and no running statistic. @default 'throw'
   */
  nonFinite: choice(['throw', 'skip'], 'throw'),
  /** Whether evaluation first measures the running statistics of batch normalization anew. @default false */
  recalibrateBeforeEvaluation: boolean(false),
  /** Element type of all computation. float64 is for verification, and slower. @default 'float32' */
  dtype: choice(['float32', 'float64'], 'float32'),
  /** Where to compute. @default the CPU, natively where there is a binary */
  device: choice<Device>(devices),
  /** Threads that an operator may use. @default chosen from the work in the graph */
  threads: integer({ min: 1 }),
}

export const taskOptions = {
  /** The model. Variables that have no numbers yet get them from the seed. */
  model: required(custom<Module>('a module, such as new Net()', has('forward'))),
  /**
   * Examples like those that will be fed. Their shapes and types are read; recalibration reads their numbers
   * too.
   */
  data: required(custom<Source>('a data set or a stream', (value) => isObject(Object(value).x))),
  ...objective,
  /** Seed of the first weights. @default 0 */
  seed: integer({ min: 0 }, 0),
  ...computing,
  /** Measures running statistics anew on training batches. @default train.recalibrate */
  recalibrate: callback<(model: Module, batches: Loader | StreamLoader) => Promise<unknown>>(
    'a function of a model and batches, such as train.updateBn',
  ),
}

export interface TaskOptions extends OptionsOf<typeof taskOptions> {}
