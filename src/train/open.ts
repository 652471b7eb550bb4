import { join, mountForReading } from '#files'
import { experimentOfRun } from '#origin'
import { EvenstepError } from '../core/errors.ts'
import { checkFolder } from '../core/mismatch.ts'
import { custom, type OptionsOf, present, readOptions, text } from '../core/options.ts'
import { variables } from '../core/state.ts'
import type { Source } from '../data/stream.ts'
import type { Module } from '../nn/module.ts'
import { loadTensors } from './assign-weights.ts'
import { describedOnnx } from './described-onnx.ts'
import { readDescription } from './description.ts'
import type { EvaluateOptions, Evaluation } from './evaluation.ts'
import { loadCheckpoint } from './evaluation-weights.ts'
import type { EpochEvent } from './event.ts'
import { readEvents } from './event-log.ts'
import { checkExperiment, type Experiment } from './experiment.ts'
import type { ExportOptions } from './export.ts'
import { checkWeights, withFiniteLoss } from './finite.ts'
import { readFinished } from './model-file.ts'
import { modelPredictor, type Predict, predicting } from './predictor.ts'
import { type RunPlace, runPlaceOf } from './run-place.ts'
import { checkSameExperiment } from './same-experiment.ts'
import { stepOfCheckpoint } from './saved.ts'
import { StoredRun } from './stored-run.ts'
import type { Task } from './task.ts'
import { testDataOf } from './test-part.ts'
import { taskOf } from './train.ts'

const options = {
  /**
   * Checkpoint to open: `best` (by the experiment's `monitor`), `last`, or a folder name in the run's `checkpoints`.
   * @default none: the model of the finished run
   */
  checkpoint: text(),
  /** Experiment of the run. @default loaded from the file that `run.json` names, with the run's changed settings */
  experiment: custom<Experiment>(
    'an experiment, such as train.experiment({ … })',
    (value) => Object(value).model,
  ),
}

export interface OpenOptions extends OptionsOf<typeof options> {}

/**
 * A run opened from its folder, with the model of the finished run or of a checkpoint. If the experiment cannot be
 * loaded, because its file or data have moved or its code is not trusted, `experiment` and `model` throw the reason;
 * everything else is then computed with the graphs stored in the run's folder.
 */
export interface OpenedRun {
  /** Path of the run's folder. */
  readonly path: string
  /** Path of the checkpoint's folder; absent for the model of the finished run. */
  readonly checkpoint?: string
  /** Experiment of the run. @throws {EvenstepError} when it cannot be loaded. */
  readonly experiment: Experiment
  /**
   * Model with the weights for evaluation: averaged weights if the optimizer keeps averages, else the trained ones.
   *
   * @throws {EvenstepError} when the experiment cannot be loaded.
   */
  readonly model: Module
  /** Number of optimizer steps that led to these weights. */
  readonly step: number
  /** Number, from 0, of the epoch that ended at this step; absent if the step is within an epoch. */
  readonly epoch?: number
  /** Losses, accuracy and metrics logged at the end of that epoch; absent if the step is within an epoch. */
  readonly metrics?: Readonly<Record<string, unknown>>
  /**
   * Evaluates the model on all examples of `source`: a data set or stream, or `'validation'` or `'test'` for that part
   * of the experiment's data. @default 'validation'
   *
   * @param options.intervals whether to measure 95 % intervals, too
   * @throws {EvenstepError} when `source` names a part and the experiment cannot be loaded, or has no test part.
   * @throws {NotFiniteError} when a weight, a statistic or the loss is NaN or infinite.
   * @throws the reason of `options.signal`, once it is aborted.
   */
  evaluate(
    source?: Source | 'validation' | 'test',
    options?: Omit<EvaluateOptions, 'batchSize'>,
  ): Promise<Evaluation>
  /**
   * Returns a prediction for each row, in the rows' order. Rows are encoded and normalized as the run's own data were.
   * The model is compiled at the first call; calls that overlap are computed together.
   *
   * With several inputs, a row is an object with the values of each by its name, before their normalization. With
   * several outputs, an object has the prediction of each by its name: `run.predict<'kind' | 'price'>(rows)`.
   *
   * @param rows objects with a value for each feature by its name, lists of numbers in the order of the features, or
   *   the raw inputs of all rows in nested lists or one flat array. Rows of a mixed table (`data.table`) are objects, or
   *   lists of values as they are in the file, before their encoding: those of the columns that the model reads, in the
   *   order of the file that it was trained on
   * @throws {ArgumentError} when a row lacks a feature or has another number of features, when rows of a mixed table
   *   come in one flat array, or when the meaning of the model's output is unknown.
   * @throws {FormatError} when a value is missing or not of its column's kind, naming its row and column.
   * @throws {NotFiniteError} when a weight, a statistic or an output is NaN or infinite.
   */
  readonly predict: Predict
  /**
   * Returns the bytes of an ONNX file of the model, like `train.exportOnnx`. Its metadata have the names of features
   * (`evenstep.features`) and classes (`evenstep.classes`), the meaning of the output (`evenstep.output`: its kind, and
   * the function that turns scores into probabilities) and means and deviations that `x` must be normalized by
   * (`evenstep.normalized`), all as JSON.
   *
   * @throws {NotFiniteError} when a weight or a statistic is NaN or infinite.
   */
  exportOnnx(options?: ExportOptions): Uint8Array
}

/**
 * Opens the run in a folder to evaluate or export its model: the model of the finished run or of a checkpoint, such
 * as the best. `folder` may also be the folder of a checkpoint itself. Changes nothing on disk. In a browser, on a page or in
 * a worker, the folder is in the origin-private file system; its files are copied to memory as they are now.
 *
 * The experiment's file, which `run.json` names, is executed only if it has not changed since this folder's run was
 * trained with it.
 *
 * @throws {ArgumentError} when the folder has no run, no finished model or no such checkpoint, or when `experiment`
 *   is not the experiment of the run.
 * @throws {FormatError} when a file is damaged, or when the weights or the data do not belong to the run.
 * @example
 * const run = await train.open('runs/digits-1', { checkpoint: 'best', experiment })
 * const { loss } = await run.evaluate()
 */
export async function open(folder: string, given: OpenOptions = {}): Promise<OpenedRun> {
  const { checkpoint: asked, experiment: own } = readOptions('open', options, given)
  checkFolder('open', folder)
  await mountForReading(folder)
  if (own !== undefined) checkExperiment('open', own)
  const place = runPlaceOf(folder, asked)
  readDescription(place.path) // refuses a damaged one, which is no reason to do without the experiment
  const experiment = own ?? (await experimentOfRun(place.path).catch(reasonOf))
  return experiment instanceof EvenstepError ? openGraphs(place, experiment) : openWith(place, experiment)
}

/** Returns an error that says why an experiment cannot be loaded; rethrows any other error. */
function reasonOf(error: unknown): EvenstepError {
  if (error instanceof EvenstepError) return error
  throw error
}

/** Opens a run with a given experiment. @throws {EvenstepError} when it is not the experiment of the run. */
async function openWith({ path, checkpoint }: RunPlace, experiment: Experiment): Promise<OpenedRun> {
  const task = taskOf(experiment)
  checkSameExperiment(path, experiment, task)
  const step =
    checkpoint === undefined ? loadFinished(path, task) : await loadCheckpoint(checkpoint, experiment, task)
  return {
    path,
    ...(checkpoint !== undefined && { checkpoint }),
    experiment,
    model: task.model,
    step,
    ...loggedAt(path, step),
    async evaluate(source = 'validation', options = {}) {
      checkWeights(path, variables(task.model))
      const { batchSize, data } = experiment
      const part = source === 'test' ? testDataOf('evaluate', experiment) : data.validation
      const on = typeof source === 'string' ? part : source
      return withFiniteLoss(path, await task.evaluate(on, { ...options, batchSize }))
    },
    predict: predicting(() => modelPredictor(path, experiment, task.model)),
    exportOnnx(options) {
      checkWeights(path, variables(task.model))
      return describedOnnx(experiment, task, options)
    },
  }
}

/**
 * Opens a run without its experiment, with the graphs stored in its folder.
 *
 * @param reason why the experiment cannot be loaded; thrown by the fields and calls that need the experiment
 */
function openGraphs(place: RunPlace, reason: EvenstepError): OpenedRun {
  const stored = StoredRun.at(place)
  if (stored === undefined || stored.refusal !== undefined) throw reason
  const { path, checkpoint } = place
  const step = checkpoint === undefined ? stepsOf(path) : stepOfCheckpoint(checkpoint)
  return {
    path,
    ...(checkpoint !== undefined && { checkpoint }),
    get experiment(): Experiment {
      throw reason
    },
    get model(): Module {
      throw reason
    },
    step,
    ...loggedAt(path, step),
    evaluate: async (source = 'validation', options = {}) => {
      if (typeof source === 'string') throw reason
      return stored.evaluate(source, options)
    },
    predict: predicting(() => stored.predictor()),
    exportOnnx: (options) => stored.exportOnnx(options),
  }
}

/**
 * Loads the model of the finished run in the folder `path`.
 *
 * @returns the number of steps in the log
 * @throws {DamagedError} when the file has other bytes than the run wrote.
 */
export function loadFinished(path: string, task: Task): number {
  loadTensors(task.model, readFinished(path), join(path, 'model.safetensors'))
  return stepsOf(path)
}

/** Returns the number of steps in the log of a run. */
function stepsOf(path: string): number {
  let step = 0
  for (const line of readEvents(path))
    step = 'steps' in line && line.type !== 'start' ? Number(line.steps) : step
  return step
}

/** Returns the epoch that ended at `step` and the results logged for it; an empty object within an epoch. */
function loggedAt(path: string, step: number): Pick<OpenedRun, 'epoch' | 'metrics'> {
  let found: Omit<EpochEvent, 'progress'> | undefined
  for (const line of readEvents(path)) if (line.type === 'epoch' && line.steps === step) found = line
  if (found === undefined) return {}
  const { epoch, trainLoss, validationLoss, validationAccuracy, metrics } = found
  return { epoch, metrics: { ...present({ trainLoss, validationLoss, validationAccuracy }), ...metrics } }
}
