import { existsSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { ArgumentError, FormatError } from '../core/errors.ts'
import { custom, type OptionsOf, present, readOptions, text } from '../core/options.ts'
import { listed } from '../core/text.ts'
import type { Source } from '../data/stream.ts'
import { checkInside } from '../disk/inside.ts'
import type { Module } from '../nn/module.ts'
import { Checkpoints } from './checkpoint.ts'
import { readDescription } from './description.ts'
import type { Evaluation } from './evaluation.ts'
import type { EpochEvent } from './event.ts'
import { readEvents } from './event-log.ts'
import type { Experiment } from './experiment.ts'
import { loadExperiment } from './experiment-file.ts'
import { exportOnnx } from './export.ts'
import { assignAll, loadWeights } from './load-weights.ts'
import { restoreCheckpoint } from './run-folder.ts'
import type { Stored } from './safetensors.ts'
import { override } from './spec.ts'
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

/** A run read from its folder: its experiment, and the model of the finished run or of a checkpoint. */
export interface OpenedRun {
  /** Path of the run's folder. */
  readonly path: string
  /** Path of the checkpoint's folder; absent for the model of the finished run. */
  readonly checkpoint?: string
  readonly experiment: Experiment
  /** Model with the weights used in evaluation, which are averages if the optimizer keeps averages. */
  readonly model: Module
  /** Number of optimizer steps after which the model has these weights. */
  readonly step: number
  /** Number of the epoch, from 0, that ended at this step; absent within an epoch. */
  readonly epoch?: number
  /** What the run logged at the end of that epoch: losses, accuracy and metrics; absent within an epoch. */
  readonly metrics?: Readonly<Record<string, unknown>>
  /** Evaluates the model on all examples of `source`. @default the experiment's validation data */
  evaluate(source?: Source): Promise<Evaluation>
  /** Returns the model as the bytes of an ONNX file, like `train.exportOnnx`. */
  exportOnnx(): Uint8Array
}

/**
 * Opens the run in a folder to evaluate or export its model: the model of the finished run or of a checkpoint,
 * such as the best. `folder` may also be the folder of a checkpoint itself. Changes nothing on disk.
 *
 * @throws {ArgumentError} when the folder has no run, no finished model or no such checkpoint.
 * @throws {FormatError} when a file is damaged, or the weights are of another model.
 * @example
 * const run = await train.open('runs/digits-1', { checkpoint: 'best', experiment })
 * const { loss } = await run.evaluate()
 */
export async function open(folder: string, given: OpenOptions = {}): Promise<OpenedRun> {
  const { checkpoint: asked, experiment: own } = readOptions('open', options, given)
  const { path, checkpoint } = runPlaceOf(folder, asked)
  const experiment = own ?? (await experimentOfRun(path))
  const task = taskOf(experiment)
  const step =
    checkpoint === undefined ? loadFinished(path, task) : await loadCheckpoint(checkpoint, experiment, task)
  return {
    path,
    ...(checkpoint !== undefined && { checkpoint }),
    experiment,
    model: task.model,
    step,
    ...loggedAt(path, step),
    evaluate: (source = experiment.data.validation) =>
      task.evaluate(source, { batchSize: experiment.batchSize }),
    exportOnnx: () => exportOnnx(task.model, experiment.data.train.x),
  }
}

/** Where a run and, if asked for, its checkpoint are on disk. */
export interface RunPlace {
  readonly path: string
  readonly checkpoint?: string
}

/**
 * Finds a run's folder and the folder of the checkpoint that is asked for.
 *
 * @param folder folder of a run, or of a checkpoint
 * @param asked `best`, `last`, or the name of a checkpoint's folder
 * @throws {ArgumentError} when there is none.
 */
export function runPlaceOf(folder: string, asked?: string): RunPlace {
  if (existsSync(join(folder, 'run.json'))) {
    return asked === undefined ? { path: folder } : { path: folder, checkpoint: checkpointOf(folder, asked) }
  }
  const path = dirname(dirname(resolve(folder)))
  if (!existsSync(join(folder, 'checkpoint.json')) || !existsSync(join(path, 'run.json'))) {
    throw noRun(folder)
  }
  if (asked === undefined) return { path, checkpoint: folder }
  throw new ArgumentError(
    `${folder}: wanted the folder of a run to find the ${asked} checkpoint of, got a checkpoint; use ${path}`,
  )
}

/** Returns the error for a path that is neither the folder of a run nor of a checkpoint. */
function noRun(folder: string): ArgumentError {
  const above = dirname(resolve(folder))
  const isBeside = basename(above) === 'checkpoints' && existsSync(join(above, '..', 'run.json'))
  const names = isBeside ? new Checkpoints(above).list().map((one) => basename(one)) : []
  const fix = names.length > 0 ? `; the run has the checkpoints ${listed(names)}` : ''
  if (!existsSync(folder)) {
    const wanted = isBeside ? 'the folder of a checkpoint' : 'the folder of a run'
    return new ArgumentError(`${folder}: wanted ${wanted}, got a path that does not exist${fix}`)
  }
  if (!statSync(folder).isDirectory()) {
    const advice = isBeside ? '; for the best checkpoint, give the folder of the run and --best' : ''
    return new ArgumentError(`${folder}: wanted the folder of a run or a checkpoint, got a file${advice}`)
  }
  return new ArgumentError(`${folder}: wanted the folder of a run, got no run.json in it${fix}`)
}

function checkpointOf(path: string, asked: string): string {
  const checkpoints = new Checkpoints(join(path, 'checkpoints'))
  const all = checkpoints.list()
  const named = all.find((one) => basename(one) === asked)
  const found = asked === 'best' ? checkpoints.best()?.path : asked === 'last' ? all.at(-1) : named
  if (found !== undefined) return found
  const got = all.length === 0 ? 'none' : all.map((one) => basename(one)).join(', ')
  const what = asked === 'best' ? 'a checkpoint at the end of an epoch' : `the checkpoint ${asked}`
  throw new ArgumentError(`${path}: wanted ${what}, got ${got}`)
}

/** Where a run's experiment comes from, as recorded in run.json. */
export interface Origin {
  /** Path of the experiment's file. */
  readonly file: string
  /** Settings that were changed for this run, such as `epochs=10`. */
  readonly settings: readonly string[]
}

/** Loads the experiment of the run in the folder `path`, with the settings that were changed for the run. */
export async function experimentOfRun(path: string): Promise<Experiment> {
  const { file, settings } = originOf(join(path, 'run.json'), readDescription(path))
  return override(await loadExperiment(file), settings)
}

function originOf(path: string, { origin }: Record<string, unknown>): Origin {
  const { file, settings = [] } = Object(origin) as Record<string, unknown>
  if (typeof file !== 'string' || file === '') {
    throw new FormatError(`${path}: wanted origin.file, the experiment's file, got none`)
  }
  if (Array.isArray(settings) && settings.every((setting) => typeof setting === 'string'))
    return { file, settings }
  throw new FormatError(`${path}: wanted origin.settings as a list of texts, got ${JSON.stringify(settings)}`)
}

/** Loads the model of the finished run in the folder `path`. @returns the number of steps in the log */
export function loadFinished(path: string, task: Task): number {
  const weights = join(path, 'model.safetensors')
  if (!checkInside(weights)) {
    throw new ArgumentError(
      `${path}: wanted a finished run, got no model.safetensors; resume it first, or open its best checkpoint`,
    )
  }
  loadWeights(task.model, weights)
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
