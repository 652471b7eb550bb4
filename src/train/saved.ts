import { basename, join } from '#files'
import { DamagedError } from '../core/errors.ts'
import { exclusively } from '../core/exclusive.ts'
import { custom, type Declared, integer, number, present, readOptions, required } from '../core/options.ts'
import { type Checkpoint, type Checkpoints, readCheckpoint, readState, type Tensors } from './checkpoint.ts'
import type { Experiment } from './experiment.ts'
import { runLength } from './length.ts'
import type { Progress } from './progress.ts'
import type { Task } from './task.ts'

/** State of a run in its checkpoint, other than tensors. */
export interface Saved {
  readonly progress: Progress
  /** Size of the log, in bytes, at the time of the checkpoint. */
  readonly logged: number
  /** Size of the log, in bytes, before the end of an epoch that `steps` cut short; absent if no epoch was cut. */
  readonly loggedBeforeCut?: number
}

const count = integer({ min: 0 })
const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const object = required(custom<object>('an object', isObject))
const list = custom<readonly unknown[]>('a list', Array.isArray)

const saved = { progress: object, logged: required(count), loggedBeforeCut: count }

const progress = {
  steps: required(count),
  epoch: required(count),
  sofar: object,
  control: required(list),
  cut: custom<object>('an object', isObject),
}

const sofar = {
  batches: required(count),
  steps: required(count),
  skipped: required(count),
  loss: required(number()),
  weight: number({ min: 0 }),
  parts: list,
  lr: required(number()),
}

/**
 * Loads the tensors of a checkpoint into a task, and returns the checkpoint's other state.
 *
 * @param hash hash of the run's data; if given, data, experiment and checkpoint must match. @default no such check
 */
export function readSaved(path: string, experiment: Experiment, task: Task, hash: string | undefined): Saved {
  const where = join(basename(path), 'checkpoint.json')
  return readCheckpoint<Saved>(path, tensorsOf(task), hash, (value) => {
    const saved = savedIn(value, where)
    const steps = Number(/\d+$/.exec(path)?.[0])
    if (hash !== undefined) checkProgress(saved.progress, experiment, steps, where)
    return saved
  })
}

/** Returns the number of steps after which the checkpoint in the folder `path` was written. */
export const stepOfCheckpoint = (path: string): number => readState<Saved>(path).progress.progress.steps

/**
 * Saves a checkpoint of a task. Collects the values while no other call can change them, and writes them while
 * training continues.
 *
 * @param evaluation content of `evaluation.safetensors`, in chunks; undefined if that file is not to be written
 * @param before promise that resolves when other files, such as the log, are on disk
 * @returns path of the checkpoint
 */
export async function saveState(
  checkpoints: Checkpoints,
  task: Task,
  steps: number,
  checkpoint: Checkpoint<Saved>,
  evaluation: Tensors['evaluation'],
  before: Promise<unknown>,
): Promise<string> {
  const tensors = { ...tensorsOf(task), evaluation }
  const variables = [...tensors.model.values(), ...tensors.optimizer.values()]
  const { writing } = await exclusively(variables, async () => ({
    writing: checkpoints.save(steps, tensors, checkpoint, before),
  }))
  return writing
}

/** Returns the task's variables that a checkpoint contains. */
export const tensorsOf = ({ variables, optimizerState }: Task): Tensors => ({
  model: variables,
  optimizer: optimizerState,
})

/**
 * Validates the state of a run that a checkpoint contains.
 *
 * @param where checkpoint's file for error messages
 * @throws {DamagedError} when `value` is not the state of a run.
 */
function savedIn(value: unknown, where: string): Saved {
  return damaging(() => {
    const { loggedBeforeCut = 0, logged } = fieldsOf(where, saved, value)
    checkFields(where, (value as Saved).progress)
    if (loggedBeforeCut <= logged) return value as Saved
    throw wrong(where, `loggedBeforeCut ≤ ${logged}`, loggedBeforeCut)
  })
}

/**
 * Checks that a run of the experiment could have reached this progress.
 *
 * @param steps number of optimizer steps in the name of the checkpoint's folder
 * @param where checkpoint's file for error messages
 * @throws {DamagedError} when it could not.
 */
function checkProgress(progress: Progress, experiment: Experiment, steps: number, where: string): void {
  damaging(() => {
    if (progress.steps !== steps) throw wrong(where, `${steps} steps`, progress.steps)
    checkPossible(where, progress, experiment)
  })
}

function damaging<T>(body: () => T): T {
  try {
    return body()
  } catch (error) {
    throw new DamagedError(`${(error as Error).message}; the file is damaged`, { cause: error })
  }
}

const wrong = (where: string, wanted: string, got: number): Error =>
  new Error(`${where}: wanted ${wanted}, got ${got}`)

/** Reads and checks the declared fields of an object, which may have further fields. */
function fieldsOf<D extends Declared>(where: string, declared: D, value: unknown) {
  const fields = Object.entries(Object(value)).filter(([name]) => name in declared)
  return present(readOptions(where, declared, Object.fromEntries(fields)))
}

function checkFields(where: string, given: Progress): void {
  const { cut } = fieldsOf(where, progress, given)
  fieldsOf(`${where}: sofar`, sofar, given.sofar)
  if (cut !== undefined) checkFields(`${where}: cut`, given.cut!)
}

function checkPossible(
  where: string,
  { control, epoch, steps, sofar, cut }: Progress,
  experiment: Experiment,
): void {
  const { length } = experiment.control
  if (control.length !== length) throw wrong(where, `the states of ${length} controllers`, control.length)
  const { stepsPerEpoch = Number.POSITIVE_INFINITY } = runLength(experiment)
  if (sofar.batches > stepsPerEpoch)
    throw wrong(where, `at most ${stepsPerEpoch} batches of an epoch`, sofar.batches)
  const most = sofar.batches + (epoch > 0 ? epoch * stepsPerEpoch : 0)
  if (steps < sofar.steps || steps > most) throw wrong(where, `from ${sofar.steps} to ${most} steps`, steps)
  if (cut) checkPossible(`${where}: cut`, cut, experiment)
}
