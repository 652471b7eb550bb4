import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { ArgumentError, FormatError } from '../core/errors.ts'
import { fingerprint } from '../data/fingerprint.ts'
import { Checkpoints, readCheckpoint, type Tensors } from './checkpoint.ts'
import { type Experiment, goalOf } from './experiment.ts'
import { writeSafetensors } from './safetensors.ts'
import type { Task } from './task.ts'
import { beginning, monitored, type Progress, run, type TrainEvent, taskOf } from './train.ts'

/** What a checkpoint of a run says besides its tensors. */
interface Saved {
  readonly progress: Progress
  /** How much of the log was written. */
  readonly logged: number
}

export interface RunFolderOptions {
  /** Go on where the last checkpoint stands, or else from the beginning. */
  readonly resume?: boolean
  /** The experiment's task; a new one unless given. */
  readonly task?: Task
  /** Seconds of training before the first checkpoint, and between two: a run that is shorter has none. None unless given. */
  readonly checkpointSeconds?: number
  /** Kept in run.json, such as the versions of what made the run. */
  readonly notes?: Readonly<Record<string, unknown>>
}

/**
 * A run that is kept on disk, and can be resumed.
 *
 * `run.json` says what was asked for; `events.jsonl` what happened, a JSON object a line, each optimizer step on a line
 * of its own; `checkpoints/` where it can go on; `model.safetensors` what came out. A run that was killed and resumed
 * writes the bytes of one that was not, but for the times.
 */
export class RunFolder {
  readonly path: string
  readonly task: Task
  readonly #experiment: Experiment
  readonly #checkpoints: Checkpoints
  readonly #pause: number
  readonly #progress: Progress
  readonly #log: number
  #savedAt: number
  #savedTime: number = performance.now()
  #score: number | undefined
  #known: string | undefined

  /**
   * Begin a run in `path`, or resume the one that is there.
   *
   * @throws {ArgumentError} when there is a run already and `resume` is not asked for, or no folder and it is.
   * @throws {FormatError} when the run is of another experiment, or its last checkpoint cannot be used.
   */
  constructor(path: string, experiment: Experiment, options: RunFolderOptions = {}) {
    const { resume = false, notes = {}, task = taskOf(experiment), checkpointSeconds = 0 } = options
    this.path = path
    this.#experiment = experiment
    this.task = task
    this.#pause = 1e3 * checkpointSeconds
    this.#checkpoints = new Checkpoints(join(path, 'checkpoints'), experiment.checkpoints)
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
    this.#log = openSync(
      join(path, 'events.jsonl'),
      resume && existsSync(join(path, 'events.jsonl')) ? 'r+' : 'w',
    )
    ftruncateSync(this.#log, saved?.logged ?? 0)
  }

  /** Train on, keeping the log and checkpoints, and the model at the end. Yields each event once it is kept. */
  async *events(): AsyncGenerator<TrainEvent> {
    const { everySteps = Number.POSITIVE_INFINITY } = this.#experiment.checkpoints
    const resumed = this.#progress.steps > 0
    for await (const event of run(this.#experiment, { task: this.task, progress: this.#progress })) {
      if (event.type !== 'start' || !resumed) this.#write(event)
      if (event.type === 'epoch') this.#score = scoreOf(event, this.#experiment)
      const due = event.type === 'epoch' || this.#progress.steps - this.#savedAt >= everySteps
      if (due && performance.now() - this.#savedTime >= this.#pause) this.save()
      if (event.type === 'end') await this.#keepModel()
      yield event
    }
  }

  /** Write a checkpoint of where the run stands. */
  save(): void {
    const progress: Saved = { progress: this.#progress, logged: fstatSync(this.#log).size }
    const score = this.#score === undefined ? {} : { score: this.#score }
    this.#checkpoints.save(this.#progress.steps, this.#tensors, {
      progress,
      fingerprint: this.#fingerprint,
      ...score,
    })
    this.#savedAt = this.#progress.steps
    this.#savedTime = performance.now()
    this.#score = undefined
  }

  /** Of the data: read as a whole for it, so not before a checkpoint needs it. */
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

  /** The weights that evaluation uses: averages, where the optimizer keeps some. */
  async #keepModel(): Promise<void> {
    const { batchSize } = this.#experiment
    const model = await this.task.atEvaluation(async () => writeSafetensors(this.task.variables), {
      batchSize,
    })
    writeWhole(join(this.path, 'model.safetensors'), model)
  }
}

/** What the best checkpoint has least of. */
function scoreOf(event: TrainEvent & { readonly type: 'epoch' }, experiment: Experiment): number | undefined {
  const value = monitored(experiment, event)
  if (Number.isNaN(value)) return undefined
  return goalOf(experiment) === 'max' ? -value : value
}

function begin(path: string, description: object): void {
  mkdirSync(path, { recursive: true })
  writeWhole(join(path, 'run.json'), `${JSON.stringify(description, null, 2)}\n`)
}

/** Write a file under another name and rename it, so that it is there whole or not at all. */
function writeWhole(path: string, content: string | Uint8Array): void {
  writeFileSync(`${path}.partial`, content)
  renameSync(`${path}.partial`, path)
}

/** A resumed run is of the same experiment; it may have more epochs, and newer versions. */
function checkSame(path: string, description: Readonly<Record<string, unknown>>): void {
  const file = join(path, 'run.json')
  let before: Record<string, unknown>
  try {
    before = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    throw new FormatError(`${file}: wanted JSON, got something else; the file is damaged`)
  }
  for (const [key, value] of Object.entries(description)) {
    if (key === 'epochs' || key === 'versions' || key === 'origin') continue
    const [now, then] = [JSON.stringify(value), JSON.stringify(before[key])]
    if (now !== then) {
      throw new ArgumentError(
        `${path}: wanted the experiment of this run, got ${key} ${now} where it was ${then}`,
      )
    }
  }
}

/** An event as JSON lines. A `steps` event becomes a `step` line for each step. */
export function toLines(event: TrainEvent): string {
  if (event.type !== 'steps') return `${JSON.stringify(event)}\n`
  const { epoch, step, losses, lrs, logs = {}, time } = event
  const others = (k: number): object =>
    Object.fromEntries(Object.entries(logs).map(([key, all]) => [key, all[k]]))
  return Array.from(
    losses,
    (loss, k) =>
      `${JSON.stringify({ type: 'step', epoch, step: step + k, loss, lr: lrs[k], ...others(k), time })}\n`,
  ).join('')
}

/** An experiment as plain data: everything that decides its numbers, as far as JSON can say it. */
export function describe(experiment: Experiment, task: Task): Record<string, unknown> {
  const { data, transform, model, loss, optimizer, control, metrics, log, ...rest } = experiment
  const shape = ({ length, x, classes }: Experiment['data']['train']): object => ({
    length,
    x: x.shape,
    classes,
  })
  return {
    ...rest,
    data: { train: shape(data.train), validation: shape(data.validation) },
    transform: transform.map(({ name }) => name),
    model: Object.fromEntries([...task.variables].map(([name, { shape }]) => [name, shape])),
    loss: loss.name,
    control: control.map(({ spec }) => spec),
    ...(Object.keys(log).length > 0 && { log }),
    ...(Object.keys(metrics).length > 0 && {
      metrics: Object.fromEntries(Object.entries(metrics).map(([name, { spec }]) => [name, spec])),
    }),
    optimizer: JSON.parse(
      JSON.stringify(optimizer.spec, (_, v) => (typeof v === 'function' ? (v.spec ?? String(v)) : v)),
    ),
  }
}
