import { join, mount, unmount } from '#files'
import { lockRun } from '#lock'
import { sealed } from '#sealed'
import { ArgumentError } from '../core/errors.ts'
import type { FolderLock } from '../core/locked.ts'
import { checkFolder } from '../core/mismatch.ts'
import { present, readOptions } from '../core/options.ts'
import { fingerprint } from '../data/fingerprint.ts'
import { writeWhole } from '../disk/whole-file.ts'
import { Checkpoints } from './checkpoint.ts'
import { describe, resumedDescription } from './description.ts'
import { DivergedError } from './diverged.ts'
import type { TrainEvent } from './event.ts'
import { type DivergedLine, divergedLine, readDiverged, toLines } from './event-log.ts'
import { checkExperiment, type Experiment, goalOf } from './experiment.ts'
import { LogFile } from './log-file.ts'
import { hasModel, writeModel } from './model-file.ts'
import { beginning, isOver, longer, type Progress, resumed } from './progress.ts'
import * as options from './run-folder-options.ts'
import { evaluationChunks, RunGraphs } from './run-graph.ts'
import { checkOwned, isBegun, makeFolder } from './run-place.ts'
import { RunTests } from './run-tests.ts'
import { readSaved, type Saved, saveState } from './saved.ts'
import type { Task } from './task.ts'
import { monitoredScore, type RunOptions, run, taskOf } from './train.ts'

/**
 * A run that is kept on disk and can be resumed.
 *
 * `run.json` describes the experiment; `events.jsonl` is the log, with one JSON object per line and one line
 * per optimizer step; `checkpoints/` has the checkpoints to resume from; `model.safetensors` has the final
 * weights, and `model.json` its checksum. A run that was killed and resumed writes the same bytes as an uninterrupted
 * one, except for times.
 */
export class RunFolder {
  readonly path: string
  readonly task: Task
  #description: Readonly<Record<string, unknown>> | undefined
  readonly #experiment: Experiment
  readonly #checkpoints: Checkpoints
  readonly #pause: number
  readonly #lock: FolderLock
  #isClosed = false
  #progress: Progress
  /** The open log while a loop reads the run's events. */
  #log: LogFile | undefined
  /** Number of bytes of the log that belong to `#progress`, without the line that says how the run ended. */
  #logged: number
  #loggedBeforeCut: number | undefined
  #savedAt: number
  /** Progress in the last checkpoint that was written. */
  #kept: Progress | undefined
  #savedTime: number = performance.now()
  #score: number | undefined
  /** Promise of the last checkpoint, settled once it is written; `#saving` is true until then. */
  #saved: Promise<unknown> = Promise.resolve()
  #saving = false
  readonly #graphs: RunGraphs
  #fingerprint: string | undefined

  /**
   * Starts a run in the folder `path`, or resumes the run in this folder. No other process can open the run until
   * `close`. In a browser, the folder is in the origin-private file system, and only a worker can open it.
   *
   * @throws {ArgumentError} when `resume` is false and the folder has a run, when `resume` is true and there is no
   *   folder, or when the run belongs to another experiment.
   * @throws {DamagedError} when the run's last checkpoint is unusable, or its `run.json` is missing.
   * @throws {MachineError} when another process has the run open, or the folder cannot be written.
   */
  static async open(
    path: string,
    experiment: Experiment,
    given: options.RunFolderOptions = {},
  ): Promise<RunFolder> {
    checkFolder('RunFolder', path)
    await mount(path)
    try {
      return new RunFolder(path, experiment, given)
    } catch (error) {
      await unmount(path)
      throw error
    }
  }

  /** As `open`, at once. Only in Node.js: browsers open files asynchronously. */
  constructor(path: string, experiment: Experiment, given: options.RunFolderOptions = {}) {
    const read = readOptions('RunFolder', options.runFolderOptions, given)
    const { resume, notes, task, checkpointSeconds } = read
    checkFolder('RunFolder', path)
    checkExperiment('RunFolder', experiment)
    this.path = path
    this.#experiment = experiment
    this.task = task ?? taskOf(experiment)
    this.#pause = 1e3 * checkpointSeconds
    const { everySteps, ...kept } = experiment.checkpoints
    this.#checkpoints = new Checkpoints(join(path, 'checkpoints'), kept)
    makeFolder(path, resume)
    this.#lock = lockRun(path)
    try {
      const begun = isBegun(path, resume)
      const description: Record<string, unknown> = { ...describe(experiment, this.task), ...notes }
      this.#description = begun ? resumedDescription(path, experiment, description) : description
      this.#graphs = new RunGraphs(experiment, this.task, this.#description)
      if (!begun) this.#describe()
      this.#checkpoints.recover(experiment.monitor, goalOf(experiment))
      const saved = begun ? this.#readLast() : undefined
      this.#progress = saved ? resumed(experiment, saved.progress) : beginning(experiment)
      const isCut = saved !== undefined && this.#progress === saved.progress.cut
      this.#savedAt = this.#progress.steps
      this.#logged = (isCut ? saved.loggedBeforeCut : saved?.logged) ?? 0
      new LogFile(path, this.#logged).close() // makes a log, or finds that the one there is too short
    } catch (error) {
      this.#lock.release()
      throw error
    }
  }

  /**
   * Trains, and writes the log, the checkpoints and finally the model. Yields each event after logging it. After the
   * loop was left, another call continues the run after the last event.
   *
   * Training continues while a checkpoint is written; leaving the loop waits for the write to end. A checkpoint that
   * falls due meanwhile is written after that, with the state at that later time. After an abort, call `save` to
   * write a checkpoint of the state at the last event.
   *
   * @throws the reason of `signal`, once it is aborted and the run has not ended.
   * @throws {ArgumentError} when the run is closed, or another loop is reading its events; or when `test` is asked for,
   *   and the experiment has no test data.
   * @throws {MachineError} when a file cannot be written, or the run's folder was removed or replaced.
   */
  async *events(given: options.EventsOptions = {}): AsyncGenerator<TrainEvent> {
    const asked = readOptions('events', options.eventsOptions, given)
    const { signal } = asked
    this.#checkOpen()
    signal?.throwIfAborted()
    if (this.#log) throw new ArgumentError('RunFolder: wanted one loop over events() at a time, got two')
    const tests = new RunTests(this.path, this.#experiment, asked)
    if (this.#description && !this.finished) this.#describe() // a resumed run may have another length
    const log = new LogFile(this.path, this.#logged)
    this.#log = log
    this.#saved = Promise.resolve() // forgets a failure that an earlier loop has reported
    try {
      log.cut()
      tests.keep(log)
      yield* this.#train(log, tests, present({ task: this.task, progress: this.#progress, signal }))
    } catch (error) {
      if (error instanceof DivergedError) log.write(divergedLine(error))
      throw error
    } finally {
      this.#log = undefined
      try {
        await this.#saved
      } finally {
        log.close()
      }
    }
  }

  async *#train(log: LogFile, tests: RunTests, from: RunOptions): AsyncGenerator<TrainEvent> {
    const { everySteps = Number.POSITIVE_INFINITY } = this.#experiment.checkpoints
    const isResumed = this.#logged > 0
    for await (const event of run(this.#experiment, from)) {
      this.#checkOpen()
      if (event.type === 'end') {
        await this.#saved
        yield* tests.measure(log, this.task, event.progress)
      }
      if (event.type === 'epoch' && event.progress.cut) this.#loggedBeforeCut = this.#logged
      const length = event.type === 'start' && isResumed ? this.#logged : log.write(toLines(event))
      if (event.type !== 'end') this.#logged = length
      this.#progress = event.progress
      if (event.type === 'epoch') this.#score = monitoredScore(event, this.#experiment)
      if (event.type !== 'steps') this.#checkPlace(log)
      if (event.type !== 'steps' || !this.#saving) await this.#saved
      const due = event.type === 'epoch' || this.#progress.steps - this.#savedAt >= everySteps
      if (due && performance.now() - this.#savedTime >= this.#pause) {
        this.#beginSave(log, event.type === 'epoch' ? await this.#averagesIfBest() : undefined)
      }
      if (event.type === 'end') await this.#keepModel()
      yield event
    }
  }

  /** Number of optimizer steps taken since the start of the run. */
  get steps(): number {
    return this.#progress.steps
  }

  /** Whether the run has ended, so that there is nothing to resume. */
  get finished(): boolean {
    return isOver(this.#experiment, this.#progress) && hasModel(this.path, this.#progress.steps)
  }

  /** Log line of the error that ended the run; undefined unless the run diverged and was not resumed since. */
  get diverged(): DivergedLine | undefined {
    return readDiverged(this.path)
  }

  /** Settings that lengthen a finished run, such as `epochs=20`; empty if early stopping ended the run. */
  get longer(): readonly string[] {
    return longer(this.#experiment, this.#progress)
  }

  /**
   * Writes a checkpoint of the current state; resolves when it is on disk.
   *
   * @throws {ArgumentError} when the run is closed.
   * @throws {MachineError} when the checkpoint cannot be written, or the run's folder was removed or replaced.
   */
  async save(): Promise<void> {
    this.#checkOpen()
    await this.#saved.catch(() => {}) // this attempt takes the place of one that failed
    if (this.#kept === this.#progress) return // with the score and averages of an epoch's end
    const log = this.#log ?? new LogFile(this.path, this.#logged)
    try {
      this.#beginSave(log)
      await this.#saved
    } finally {
      if (log !== this.#log) log.close()
    }
  }

  /** Returns the weights for evaluation if they differ from the trained ones and this epoch's score is the best. */
  async #averagesIfBest(): Promise<readonly Uint8Array[] | undefined> {
    const { score = Number.POSITIVE_INFINITY } = this.#checkpoints.best() ?? {}
    const isBest = this.#score !== undefined && this.#score < score
    return isBest && this.task.averages ? evaluationChunks(this.task, this.#experiment) : undefined
  }

  /** Starts writing a checkpoint. @param averages weights for evaluation, such as averages, saved in addition */
  #beginSave(log: LogFile, averages?: readonly Uint8Array[]): void {
    if (this.#saving) return
    this.#checkPlace(log)
    this.#graphs.write(this.path)
    const progress: Saved = present({
      progress: this.#progress,
      logged: this.#logged,
      loggedBeforeCut: this.#progress.cut && this.#loggedBeforeCut,
    })
    const checkpoint = { progress, fingerprint: this.#hashOfData(), ...present({ score: this.#score }) }
    // The log must reach the disk before a checkpoint that states its length.
    const written = log.flushed()
    const flushed = written.catch(() => {}) // an error ends the writing of the checkpoint
    this.#saving = true
    this.#saved = saveState(this.#checkpoints, this.task, this.#progress.steps, checkpoint, averages, written)
      .then(() => {
        this.#checkpoints.markBest(this.#experiment.monitor, goalOf(this.#experiment))
        this.#kept = progress.progress
      })
      .finally(async () => {
        await flushed // whatever failed before: the log may be closed only then
        this.#saving = false
      })
    this.#saved.catch(() => {}) // reported by whoever awaits it
    this.#savedAt = this.#progress.steps
    this.#savedTime = performance.now()
    this.#score = undefined
  }

  #describe(): void {
    const text = JSON.stringify(sealed(this.path, this.#description!), null, 2)
    writeWhole(join(this.path, 'run.json'), `${text}\n`)
    this.#description = undefined
  }

  /** Returns a hash of the data, which is computed at the first checkpoint, since it takes time to read all data. */
  #hashOfData = (): string => (this.#fingerprint ??= fingerprint(this.#experiment.data))

  /** Releases the run's folder, so that others can open the run. Later calls do nothing. */
  close(): void {
    this.#isClosed = true
    this.#lock.release()
  }

  #checkOpen(): void {
    if (this.#isClosed)
      throw new ArgumentError(`${this.path}: wanted a run that is open, got one after close(); resume it`)
  }

  /** Checks that this process owns the folder. @throws {MachineError} when not: nothing may be written then. */
  #checkPlace(log: LogFile): void {
    log.check()
    checkOwned(this.path, this.#lock)
  }

  /** Loads the tensors of the last checkpoint, if any, into the task. Returns the checkpoint's other state. */
  #readLast(): Saved | undefined {
    const last = this.#checkpoints.list().at(-1)
    return last === undefined ? undefined : readSaved(last, this.#experiment, this.task, this.#hashOfData())
  }

  /** Writes the final model: averaged weights if the optimizer keeps averages, otherwise the trained weights. */
  async #keepModel(): Promise<void> {
    this.#graphs.write(this.path)
    const model = await evaluationChunks(this.task, this.#experiment)
    // Repeating a run that is too short for a checkpoint is faster than flushing its model to disk.
    const isShort = performance.now() - this.#savedTime < this.#pause
    await writeModel(this.path, this.#progress.steps, model, !isShort)
  }
}
