import { join } from 'node:path'
import { EvenstepError } from '../core/errors.ts'
import { checkFolder } from '../core/mismatch.ts'
import { custom, type OptionsOf, present, readOptions, text } from '../core/options.ts'
import { variables } from '../core/state.ts'
import type { Source } from '../data/stream.ts'
import type { Module } from '../nn/module.ts'
import { readState } from './checkpoint.ts'
import { checkSameExperiment } from './description.ts'
import type { Evaluation } from './evaluation.ts'
import type { EpochEvent } from './event.ts'
import { readEvents } from './event-log.ts'
import { checkExperiment, type Experiment } from './experiment.ts'
import { exportOnnx } from './export.ts'
import { checkWeights, withFiniteLoss } from './finite.ts'
import { assignAll, loadTensors } from './load-weights.ts'
import { readFinished } from './model-file.ts'
import { experimentOfRun } from './origin.ts'
import type { Progress } from './progress.ts'
import { restoreCheckpoint } from './restore.ts'
import { type RunPlace, runPlaceOf } from './run-place.ts'
import type { Stored } from './safetensors.ts'
import { StoredRun } from './stored-run.ts'
import type { Task } from './task.ts'
import { taskOf } from './train.ts'

const options = {
  /**
   * Checkpoint to open instead of the finished model: `best` by the experiment's `monitor`, `last`, or the name
   * of a folder in the run's `checkpoints`. @default none: the model of the finished run
   */
  checkpoint: text(),
  /** Experiment of the run. @default the one in the file that `run.json` names, with the run's settings */
  experiment: custom<Experiment>(
    'an experiment, such as train.experiment({ … })',
    (value) => Object(value).model,
  ),
}

export interface OpenOptions extends OptionsOf<typeof options> {}

/**
 * A run read from its folder: the model of the finished run or of a checkpoint. Where the experiment cannot be had,
 * because its file or its data have moved or its code is not trusted, `experiment` and `model` throw the reason, and
 * everything else is computed by the graphs in the run's folder.
 */
export interface OpenedRun {
  /** Path of the run's folder. */
  readonly path: string
  /** Path of the checkpoint's folder; absent for the model of the finished run. */
  readonly checkpoint?: string
  /** Experiment of the run. @throws {EvenstepError} when it cannot be loaded. */
  readonly experiment: Experiment
  /**
   * Model with the weights used in evaluation, which are averages if the optimizer keeps averages.
   *
   * @throws {EvenstepError} when the experiment cannot be loaded.
   */
  readonly model: Module
  /** Number of optimizer steps after which the model has these weights. */
  readonly step: number
  /** Number of the epoch, from 0, that ended at this step; absent within an epoch. */
  readonly epoch?: number
  /** What the run logged at the end of that epoch: losses, accuracy and metrics; absent within an epoch. */
  readonly metrics?: Readonly<Record<string, unknown>>
  /**
   * Evaluates the model on all examples of `source`. @default the experiment's validation data
   *
   * @throws {EvenstepError} without `source`, when the experiment cannot be loaded.
   * @throws {NotFiniteError} when a weight, a statistic or the loss is NaN or infinite.
   * @throws the reason of `options.signal`, once it is aborted.
   */
  evaluate(source?: Source, options?: { readonly signal?: AbortSignal }): Promise<Evaluation>
  /**
   * Returns the model as the bytes of an ONNX file, like `train.exportOnnx`.
   *
   * @throws {NotFiniteError} when a weight or a statistic is NaN or infinite.
   */
  exportOnnx(): Uint8Array
}

/**
 * Opens the run in a folder to evaluate or export its model: the model of the finished run or of a checkpoint,
 * such as the best. `folder` may also be the folder of a checkpoint itself. Changes nothing on disk.
 *
 * The file that `run.json` names is executed only if it is, unchanged, what the run was trained with in this folder.
 *
 * @throws {ArgumentError} when the folder has no run, no finished model or no such checkpoint, or the experiment is
 *   not that of the run.
 * @throws {FormatError} when a file is damaged, or the weights or the data are others.
 * @example
 * const run = await train.open('runs/digits-1', { checkpoint: 'best', experiment })
 * const { loss } = await run.evaluate()
 */
export async function open(folder: string, given: OpenOptions = {}): Promise<OpenedRun> {
  const { checkpoint: asked, experiment: own } = readOptions('open', options, given)
  checkFolder('open', folder)
  if (own !== undefined) checkExperiment('open', own)
  const place = runPlaceOf(folder, asked)
  const experiment = own ?? (await experimentOfRun(place.path).catch(reasonOf))
  return experiment instanceof EvenstepError ? openGraphs(place, experiment) : openWith(place, experiment)
}

/** Returns an error that says why an experiment cannot be loaded; throws any other again. */
function reasonOf(error: unknown): EvenstepError {
  if (error instanceof EvenstepError) return error
  throw error
}

/** Opens a run with its experiment. @throws {EvenstepError} when the experiment is another one. */
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
    async evaluate(source = experiment.data.validation, options = {}) {
      checkWeights(path, variables(task.model))
      return withFiniteLoss(
        path,
        await task.evaluate(source, { ...options, batchSize: experiment.batchSize }),
      )
    },
    exportOnnx() {
      checkWeights(path, variables(task.model))
      return exportOnnx(task.model, experiment.data.train.x)
    },
  }
}

/**
 * Opens a run by the graphs in its folder.
 *
 * @param reason why the experiment cannot be had, which is thrown where only the experiment helps
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
    evaluate: async (source, options = {}) => {
      if (source === undefined) throw reason
      return stored.evaluate(source, options)
    },
    exportOnnx: () => stored.exportOnnx(),
  }
}

const stepOfCheckpoint = (path: string): number =>
  readState<{ readonly progress: Progress }>(path).progress.progress.steps

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

/** Loads a checkpoint's evaluation weights into a task, as if they were its initial weights. @returns its step */
async function loadCheckpoint(path: string, experiment: Experiment, task: Task): Promise<number> {
  const trained = taskOf(experiment)
  const { steps } = restoreCheckpoint(path, experiment, trained, false)
  const { batchSize } = experiment
  // References, not copies: nothing writes into an array that a variable has had.
  const weightsOf = (): Map<string, Stored> =>
    new Map([...trained.variables].map(([name, { dtype, shape, data }]) => [name, { dtype, shape, data }]))
  const weights = await trained.atEvaluation(async () => weightsOf(), { batchSize })
  assignAll(task.variables, weights, path)
  return steps
}

/** Returns the epoch that ended at a step and what the run logged of it; nothing within an epoch. */
function loggedAt(path: string, step: number): Pick<OpenedRun, 'epoch' | 'metrics'> {
  let found: Omit<EpochEvent, 'progress'> | undefined
  for (const line of readEvents(path)) if (line.type === 'epoch' && line.steps === step) found = line
  if (found === undefined) return {}
  const { epoch, trainLoss, validationLoss, validationAccuracy, metrics } = found
  return { epoch, metrics: { ...present({ trainLoss, validationLoss, validationAccuracy }), ...metrics } }
}
