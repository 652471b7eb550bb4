import { closeSync, existsSync, fstatSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { ArgumentError, FormatError } from '../core/errors.ts'
import { boolean, custom, number, type OptionsOf, readOptions } from '../core/options.ts'
import { fingerprint } from '../data/fingerprint.ts'
import { Checkpoints, readCheckpoint, type Tensors } from './checkpoint.ts'
import { checkSame, describe } from './description.ts'
import type { TrainEvent } from './event.ts'
import { logFile, toLines } from './event-log.ts'
import { type Experiment, goalOf } from './experiment.ts'
import { beginning, factorOf, isOver, type Progress } from './progress.ts'
import { safetensorsParts } from './safetensors.ts'
import { type Task, taskOption } from './task.ts'
import { monitored, run, taskOf } from './train.ts'
import { flushed, replaceFile, writeWhole } from './whole-file.ts'

/** What a checkpoint of a run holds besides its tensors. */
interface Saved {
  readonly progress: Progress
  /** Bytes of the log written by then. */
  readonly logged: number
}

const options = {
  /** Resume at the last checkpoint, or at the beginning without one. @default false */
  resume: boolean(false),
  /** Model and optimizer to train. @default a new task of the experiment */
  task: taskOption,
  /** Minimum seconds between checkpoints; shorter runs write none. @default 0 */
  checkpointSeconds: number({ min: 0 }, 0),
  /** What run.json tells besides, such as the versions of what made the run. @default {} */
  notes: custom<Readonly<Record<string, unknown>>>('an object', (value) => Object(value) === value, {}),
}

export interface RunFolderOptions extends OptionsOf<typeof options> {}

/**
 * A run that is kept on disk, and can be resumed.
 *
 * `run.json` describes the experiment; `events.jsonl` is the log, a JSON object a line and a line for each
 * optimizer step; `checkpoints/` has where it can resume; `model.safetensors` is the result. A run that was
 * killed and resumed writes the bytes of one that was not, except for the times.
 */
export class RunFolder {
  readonly path: string
  readonly task: Task
  readonly #experiment: Experiment
  readonly #checkpoints: Checkpoints
  readonly #pause: number
  #progress: Progress
  readonly #log: number
  /** Bytes of the log that the checkpoint covers from which the run resumes. */
  readonly #logged: number
  #savedAt: number
  #savedTime: number = performance.now()
  #score: number | undefined
  /** Settles when the last checkpoint is written; `#saving` until then. */
  #saved: Promise<unknown> = Promise.resolve()
  #saving = false
  #known: string | undefined

  /**
   * Begins a run in `path`, or resumes the one there.
   *
   * @throws {ArgumentError} when there is a run and `resume` is false, no folder and it is true, or the run is
   *   of another experiment.
   * @throws {FormatError} when its last checkpoint cannot be used.
   */
  constructor(path: string, experiment: Experiment, given: RunFolderOptions = {}) {
    const {
      resume,
      notes,
      task = taskOf(experiment),
      checkpointSeconds,
    } = readOptions('RunFolder', options, given)
    this.path = path
    this.#experiment = experiment
    this.task = task
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
    if (begun) checkSame(path, description)
    else begin(path, description)
    const saved = begun ? this.#load() : undefined
    this.#progress = saved?.progress ?? beginning(experiment)
    this.#savedAt = this.#progress.steps
    this.#log = openSync(logFile(path), resume && existsSync(logFile(path)) ? 'r+' : 'w')
    this.#logged = saved?.logged ?? 0
    checkLog(this.#log, this.#logged, path)
  }

  /**
   * Trains, and writes the log, the checkpoints and finally the model. Yields each event after logging it.
   *
   * Checkpoints are written during training; leaving the loop, or its end, waits for the last one. A checkpoint
   * that falls due during a write is taken when the write ends, from the state at that moment.
   *
   * @throws the error of a checkpoint that failed.
   */
  async *events(): AsyncGenerator<TrainEvent> {
    const { everySteps = Number.POSITIVE_INFINITY } = this.#experiment.checkpoints
    const resumed = this.#progress.steps > 0
    ftruncateSync(this.#log, this.#logged) // what came after the checkpoint comes again
    try {
      for await (const event of run(this.#experiment, { task: this.task, progress: this.#progress })) {
        this.#progress = event.progress
        if (event.type !== 'start' || !resumed) this.#write(event)
        if (event.type === 'epoch') this.#score = scoreOf(event, this.#experiment)
        if (event.type !== 'steps' || !this.#saving) await this.#saved
        const due = event.type === 'epoch' || this.#progress.steps - this.#savedAt >= everySteps
        if (due && performance.now() - this.#savedTime >= this.#pause) this.#beginSave()
        if (event.type === 'end') await this.#keepModel()
        yield event
      }
    } finally {
      await this.#saved
    }
  }

  /** Optimizer steps taken. */
  get steps(): number {
    return this.#progress.steps
  }

  /** Whether the run has ended, so that there is nothing to resume. */
  get finished(): boolean {
    return existsSync(join(this.path, 'model.safetensors')) && isOver(this.#experiment, this.#progress)
  }

  /** Writes a checkpoint of the current state, and waits for it. */
  async save(): Promise<void> {
    await this.#saved
    this.#beginSave()
    await this.#saved
  }

  #beginSave(): void {
    if (this.#saving) return
    const progress: Saved = { progress: this.#progress, logged: fstatSync(this.#log).size }
    const score = this.#score === undefined ? {} : { score: this.#score }
    const checkpoint = { progress, fingerprint: this.#fingerprint, ...score }
    // What a checkpoint says of the log must be on the disk before the checkpoint is.
    const logged = flushed(this.#log)
    this.#saving = true
    this.#saved = this.#checkpoints
      .save(this.#progress.steps, this.#tensors, checkpoint, logged)
      .finally(() => {
        this.#saving = false
      })
    this.#saved.catch(() => {}) // reported by whoever awaits it
    this.#savedAt = this.#progress.steps
    this.#savedTime = performance.now()
    this.#score = undefined
  }

  /** Hash of the data. It reads all of them, so it waits until a checkpoint needs it. */
  get #fingerprint(): string {
    this.#known ??= fingerprint(this.#experiment.data)
    return this.#known
  }

  close(): void {
    closeSync(this.#log)
  }

  get #tensors(): Tensors {
    return { model: this.task.variables, optimizer: this.task.optimizerState }
  }

  #load(): Saved | undefined {
    const last = this.#checkpoints.list().at(-1)
    return last === undefined ? undefined : readCheckpoint<Saved>(last, this.#tensors, this.#fingerprint)
  }

  #write(event: TrainEvent): void {
    writeSync(this.#log, toLines(event), fstatSync(this.#log).size)
  }

  /** Writes the weights that evaluation uses: averages, where the optimizer keeps some. */
  async #keepModel(): Promise<void> {
    const { batchSize } = this.#experiment
    const model = await this.task.atEvaluation(async () => safetensorsParts(this.task.variables), {
      batchSize,
    })
    const path = join(this.path, 'model.safetensors')
    // Repeating a run that is too short for a checkpoint is faster than flushing its model.
    if (performance.now() - this.#savedTime < this.#pause) writeWhole(path, Buffer.concat(model))
    else await replaceFile(path, model)
  }
}

/**
 * Gives a task the state of a run's last checkpoint: its weights, optimizer state, step and factor of the rate.
 * The folder does not change.
 *
 * @returns whether there was a checkpoint
 * @throws {FormatError} when it is damaged, or of another model or other data. The task is unchanged then.
 */
export function restore(path: string, experiment: Experiment, task: Task): boolean {
  const last = new Checkpoints(join(path, 'checkpoints')).list().at(-1)
  if (last === undefined) return false
  const tensors = { model: task.variables, optimizer: task.optimizerState }
  const { progress } = readCheckpoint<Saved>(last, tensors, fingerprint(experiment.data))
  task.goTo(progress.steps, factorOf(experiment, progress))
  return true
}

/** Returns the score of a checkpoint, of which less is better; undefined when the monitored number is NaN. */
function scoreOf(event: TrainEvent & { readonly type: 'epoch' }, experiment: Experiment): number | undefined {
  const value = monitored(experiment, event)
  if (Number.isNaN(value)) return undefined
  return goalOf(experiment) === 'max' ? -value : value
}

function begin(path: string, description: object): void {
  mkdirSync(path, { recursive: true })
  writeWhole(join(path, 'run.json'), `${JSON.stringify(description, null, 2)}\n`)
}

/** @throws {FormatError} when the log is shorter than a checkpoint says. */
function checkLog(log: number, length: number, path: string): void {
  const { size } = fstatSync(log)
  if (size < length) {
    closeSync(log)
    throw new FormatError(
      `${logFile(path)}: wanted the ${length} bytes that the last checkpoint knows of, got ${size}; ` +
        'the file is damaged',
    )
  }
}
