import { closeSync, existsSync, fstatSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { basename, join } from 'node:path'
import { abortSignal } from '../core/abort.ts'
import { ArgumentError, FormatError } from '../core/errors.ts'
import { boolean, custom, number, type OptionsOf, present, readOptions } from '../core/options.ts'
import { fingerprint } from '../data/fingerprint.ts'
import { Checkpoints, readCheckpoint, type Tensors } from './checkpoint.ts'
import { checkSame, describe, readDescription, resumedDescription, withFormerSteps } from './description.ts'
import { DivergedError } from './diverged.ts'
import type { TrainEvent } from './event.ts'
import { type DivergedLine, divergedLine, logFile, readDiverged, toLines } from './event-log.ts'
import { type Experiment, goalOf } from './experiment.ts'
import { beginning, factorOf, isOver, longer, type Progress, resumed } from './progress.ts'
import { safetensorsChunks } from './safetensors.ts'
import { type Task, taskOption } from './task.ts'
import { monitored, run, taskOf } from './train.ts'
import { flushed, replaceFile, writeWhole } from './whole-file.ts'

/** State saved in a run's checkpoint in addition to tensors. */
interface Saved {
  readonly progress: Progress
  /** Length of the log file, in bytes, at the time of the checkpoint. */
  readonly logged: number
  /** Length of the log before the end of an epoch that `steps` cut short; absent without such an epoch. */
  readonly loggedBeforeCut?: number
}

const options = {
  /** Whether to resume the run: at its last checkpoint or, if none, at the beginning. @default false */
  resume: boolean(false),
  /** Task (model, loss and optimizer) to train. @default a new task of the experiment */
  task: taskOption,
  /** Minimum seconds between checkpoints; a run that takes less time writes none. @default 0 */
  checkpointSeconds: number({ min: 0 }, 0),
  /** Entries to add to `run.json`, such as the versions of the software. @default {} */
  notes: custom<Readonly<Record<string, unknown>>>('an object', (value) => Object(value) === value, {}),
}

export interface RunFolderOptions extends OptionsOf<typeof options> {}

const eventsOptions = {
  /** Abort signal that stops the training. */
  signal: abortSignal(),
}

/**
 * A run that is kept on disk and can be resumed.
 *
 * `run.json` describes the experiment; `events.jsonl` is the log, with one JSON object per line and one line
 * per optimizer step; `checkpoints/` has the checkpoints to resume from; `model.safetensors` has the final
 * weights. A run that was killed and resumed writes the same bytes as an uninterrupted one, except for times.
 */
export class RunFolder {
  readonly path: string
  readonly task: Task
  readonly #description: Readonly<Record<string, unknown>>
  readonly #experiment: Experiment
  readonly #checkpoints: Checkpoints
  readonly #pause: number
  #progress: Progress
  readonly #log: number
  /** Length of the log file, in bytes, at the time of the checkpoint from which the run resumes. */
  readonly #logged: number
  #loggedBeforeCut: number | undefined
  #savedAt: number
  #savedTime: number = performance.now()
  #score: number | undefined
  /** Promise for the last checkpoint, settled once it is written; `#saving` is true until then. */
  #saved: Promise<unknown> = Promise.resolve()
  #saving = false
  #fingerprint: string | undefined

  /**
   * Starts a run in the folder `path`, or resumes the run in this folder.
   *
   * @throws {ArgumentError} when `resume` is false and the folder has a run, when `resume` is true and there is
   *   no folder, or when the run is of another experiment.
   * @throws {FormatError} when the run's last checkpoint cannot be used.
   */
  constructor(path: string, experiment: Experiment, given: RunFolderOptions = {}) {
    const { resume, notes, task, checkpointSeconds } = readOptions('RunFolder', options, given)
    this.path = path
    this.#experiment = experiment
    this.task = task ?? taskOf(experiment)
    this.#pause = 1e3 * checkpointSeconds
    const { everySteps, ...kept } = experiment.checkpoints
    this.#checkpoints = new Checkpoints(join(path, 'checkpoints'), kept)
    const description = { ...describe(experiment, this.task), ...notes }
    if (resume && !existsSync(path))
      throw new ArgumentError(`${path}: wanted a run to resume, got no such folder`)
    const begun = existsSync(join(path, 'run.json'))
    if (begun && !resume) {
      throw new ArgumentError(
        `${path}: wanted a new folder, got one with a run; resume it, or choose another`,
      )
    }
    if (begun) checkSame(path, withFormerSteps(path, experiment, description))
    else mkdirSync(path, { recursive: true })
    this.#description = begun ? resumedDescription(readDescription(path), description) : description
    if (!begun) this.#describe()
    const saved = begun ? readLast(this.#checkpoints, this.task, () => this.#hashOfData()) : undefined
    this.#progress = saved ? resumed(experiment, saved.progress) : beginning(experiment)
    const isCut = saved !== undefined && this.#progress === saved.progress.cut
    this.#savedAt = this.#progress.steps
    this.#log = openSync(logFile(path), resume && existsSync(logFile(path)) ? 'r+' : 'w')
    this.#logged = (isCut ? saved.loggedBeforeCut : saved?.logged) ?? 0
    checkLog(this.#log, this.#logged, path)
  }

  /**
   * Trains, and writes the log, the checkpoints and finally the model. Yields each event after logging it.
   * Training continues while a checkpoint is written; leaving the loop waits for the write to end. A checkpoint
   * that falls due during a write is postponed until that ends, and then saves the state at that time.
   *
   * After an abort, `save` writes a checkpoint of the last event.
   * @throws the reason of `signal`, once it is aborted before the end; the error of a checkpoint that failed.
   */
  async *events(given: OptionsOf<typeof eventsOptions> = {}): AsyncGenerator<TrainEvent> {
    const { signal } = readOptions('events', eventsOptions, given)
    signal?.throwIfAborted()
    const { everySteps = Number.POSITIVE_INFINITY } = this.#experiment.checkpoints
    const isResumed = this.#progress.steps > 0
    if (!this.finished) this.#describe() // with the run's new length, if it is resumed with another
    ftruncateSync(this.#log, this.#logged) // the steps after the checkpoint are taken and logged again
    try {
      const from = present({ task: this.task, progress: this.#progress, signal })
      for await (const event of run(this.#experiment, from)) {
        this.#progress = event.progress
        if (event.type === 'epoch' && event.progress.cut) this.#loggedBeforeCut = fstatSync(this.#log).size
        if (event.type !== 'start' || !isResumed) this.#append(toLines(event))
        if (event.type === 'epoch') this.#score = scoreOf(event, this.#experiment)
        if (event.type !== 'steps' || !this.#saving) await this.#saved
        const due = event.type === 'epoch' || this.#progress.steps - this.#savedAt >= everySteps
        if (due && performance.now() - this.#savedTime >= this.#pause) this.#beginSave()
        if (event.type === 'end') await this.#keepModel()
        yield event
      }
    } catch (error) {
      if (error instanceof DivergedError) this.#append(divergedLine(error))
      throw error
    } finally {
      await this.#saved
    }
  }

  /** Number of optimizer steps taken since the start of the run. */
  get steps(): number {
    return this.#progress.steps
  }

  /** Whether the run has ended, so that nothing is left to resume. */
  get finished(): boolean {
    return existsSync(join(this.path, 'model.safetensors')) && isOver(this.#experiment, this.#progress)
  }

  /** The error that ended the run, if it diverged and was not resumed since. */
  get diverged(): DivergedLine | undefined {
    return readDiverged(this.path)
  }

  /** Settings to resume a finished run with, such as `epochs=20`; empty if early stopping ended it. */
  get longer(): readonly string[] {
    return longer(this.#experiment, this.#progress)
  }

  /** Writes a checkpoint of the current state; resolves when it is on disk. */
  async save(): Promise<void> {
    await this.#saved
    this.#beginSave()
    await this.#saved
  }

  #beginSave(): void {
    if (this.#saving) return
    const { size: logged } = fstatSync(this.#log)
    const progress: Saved = present({
      progress: this.#progress,
      logged,
      loggedBeforeCut: this.#progress.cut && this.#loggedBeforeCut,
    })
    const score = this.#score === undefined ? {} : { score: this.#score }
    const checkpoint = { progress, fingerprint: this.#hashOfData(), ...score }
    // The log must reach the disk before a checkpoint that states its length.
    const written = flushed(this.#log)
    this.#saving = true
    this.#saved = this.#checkpoints
      .save(this.#progress.steps, tensorsOf(this.task), checkpoint, written)
      .then(() => this.#markBest())
      .finally(() => {
        this.#saving = false
      })
    this.#saved.catch(() => {}) // reported by whoever awaits it
    this.#savedAt = this.#progress.steps
    this.#savedTime = performance.now()
    this.#score = undefined
  }

  /** Writes `checkpoints/best.json`, from which people can tell the best checkpoint, and why it is the best. */
  #markBest(): void {
    const best = this.#checkpoints.best()
    if (best === undefined) return
    const { monitor } = this.#experiment
    const value = goalOf(this.#experiment) === 'max' ? -best.score : best.score
    const mark = { checkpoint: basename(best.path), monitor, value }
    writeWhole(join(this.path, 'checkpoints', 'best.json'), `${JSON.stringify(mark)}\n`)
  }

  #describe(): void {
    writeWhole(join(this.path, 'run.json'), `${JSON.stringify(this.#description, null, 2)}\n`)
  }

  /** Returns a hash of the data. Reads all the data, so it is computed only when a checkpoint needs it. */
  #hashOfData(): string {
    this.#fingerprint ??= fingerprint(this.#experiment.data)
    return this.#fingerprint
  }

  /** Closes the log file. */
  close(): void {
    closeSync(this.#log)
  }

  #append(lines: string): void {
    writeSync(this.#log, lines, fstatSync(this.#log).size)
  }

  /** Writes the weights used in evaluation, which are averages if the optimizer keeps averages. */
  async #keepModel(): Promise<void> {
    const { task } = this
    const { batchSize } = this.#experiment
    const model = await task.atEvaluation(async () => safetensorsChunks(task.variables), { batchSize })
    const path = join(this.path, 'model.safetensors')
    // Repeating a run that is too short for a checkpoint is faster than flushing its model to disk.
    if (performance.now() - this.#savedTime < this.#pause) writeWhole(path, Buffer.concat(model))
    else await replaceFile(path, model)
  }
}

/**
 * Loads the last checkpoint in a run's folder into a task: weights, optimizer state, number of steps and
 * learning-rate factor. Does not change the folder.
 *
 * @returns whether the folder has a checkpoint
 * @throws {FormatError} when the checkpoint is damaged, or of another model or other data; the task is
 *   unchanged then.
 */
export function restore(path: string, experiment: Experiment, task: Task): boolean {
  const last = new Checkpoints(join(path, 'checkpoints')).list().at(-1)
  if (last !== undefined) restoreCheckpoint(last, experiment, task, true)
  return last !== undefined
}

/**
 * Loads the checkpoint in the folder `path` into a task, like `restore`.
 *
 * @param isSame whether the experiment's data must be those of the checkpoint
 * @returns the run's progress at the checkpoint
 * @throws {FormatError} when the checkpoint is damaged, or of another model or other data; the task is
 *   unchanged then.
 */
export function restoreCheckpoint(
  path: string,
  experiment: Experiment,
  task: Task,
  isSame: boolean,
): Progress {
  const hash = isSame ? fingerprint(experiment.data) : undefined
  const { progress } = readCheckpoint<Saved>(path, tensorsOf(task), hash)
  task.goTo(progress.steps, factorOf(experiment, progress))
  return progress
}

/** Loads the tensors of the last checkpoint, if any, into a task. Returns the checkpoint's other state. */
function readLast(checkpoints: Checkpoints, task: Task, hash: () => string): Saved | undefined {
  const last = checkpoints.list().at(-1)
  return last === undefined ? undefined : readCheckpoint<Saved>(last, tensorsOf(task), hash())
}

const tensorsOf = ({ variables, optimizerState }: Task): Tensors => ({
  model: variables,
  optimizer: optimizerState,
})

/** Returns an epoch's monitored value as a score, negated if higher is better; undefined for NaN. */
function scoreOf(event: TrainEvent & { readonly type: 'epoch' }, experiment: Experiment): number | undefined {
  const value = monitored(experiment, event)
  if (Number.isNaN(value)) return undefined
  return goalOf(experiment) === 'max' ? -value : value
}

/** @throws {FormatError} when the log is shorter than at the last checkpoint. */
function checkLog(log: number, length: number, path: string): void {
  const { size } = fstatSync(log)
  if (size >= length) return
  closeSync(log)
  throw new FormatError(
    `${logFile(path)}: wanted the ${length} bytes that the last checkpoint covers, got ${size}; ` +
      'the file is damaged',
  )
}
