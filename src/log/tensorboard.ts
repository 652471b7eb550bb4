import { closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { isFloat } from '../core/dtype.ts'
import { checkFolder, mismatch } from '../core/mismatch.ts'
import { custom, type OptionsOf, readOptions } from '../core/options.ts'
import type { Variable } from '../core/variable.ts'
import { fileFault, onFile, systemCode } from '../disk/fault.ts'
import { writeBytes } from '../disk/whole-file.ts'
import type { EpochEvent, StepsEvent, TestEvent, TrainEvent } from '../train/event.ts'
import type { Task } from '../train/task.ts'
import type { Setting, SummaryValue } from './event.ts'
import { hparamsEnd, hparamsStart, startEvent, summaryEvent, versionEvent } from './event.ts'
import { histogram } from './histogram.ts'
import { record } from './record.ts'

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null

const options = {
  /** Task being trained; if given, a histogram of each weight and statistic is logged after each epoch. */
  task: custom<Task>('a task', isObject),
  /** Settings to show in TensorBoard's table of hyperparameters, such as `train.describe(experiment, task)`. */
  settings: custom<Readonly<Record<string, unknown>>>('an object of settings', isObject),
}

export interface TensorBoardOptions extends OptionsOf<typeof options> {}

/**
 * Writes each training event to a TensorBoard event file in `folder`, then yields the event unchanged.
 *
 * Scalars at each step: `train/loss`, `train/lr` and any other value that the step logs. Scalars at the last
 * step of each epoch: `validation/loss`, `validation/accuracy`, `validation/METRIC` (`validation/METRIC/CLASS`
 * for a list; no matrices), `epoch/trainLoss`, `epoch/stepsPerSecond` and, if a control adapts the learning
 * rate, `epoch/lrFactor`. At the end, if the model is measured on test data: `test/loss`, `test/accuracy`,
 * `test/METRIC`. A resumed run starts a new file, which replaces the later steps of earlier files.
 *
 * @example for await (const event of log.tensorBoard(run.events(), run.path, { task: run.task })) …
 */
export async function* tensorBoard(
  events: AsyncIterable<TrainEvent>,
  folder: string,
  given: TensorBoardOptions = {},
): AsyncGenerator<TrainEvent> {
  const { task, settings } = readOptions('tensorBoard', options, given)
  const { [Symbol.asyncIterator]: later, [Symbol.iterator]: now } = Object(events)
  if (!later && !now) throw mismatch('tensorBoard', 'the events of a run', events)
  checkFolder('tensorBoard', folder)
  const log = openFile(folder)
  try {
    for await (const event of events) {
      const now = Date.now() / 1e3
      if (event.type === 'start') write(log, beginning(now, task?.steps ?? 0, settings))
      else write(log, bytesOf(event, now, task?.variables))
      yield event
    }
  } finally {
    closeSync(log.file)
  }
}

/** An event file that is open for writing. */
interface EventFile {
  readonly path: string
  readonly file: number
}

/** Creates and opens an event file, whose name sorts after those of earlier files in the folder. */
function openFile(folder: string): EventFile {
  onFile(folder, () => mkdirSync(folder, { recursive: true }))
  for (let ms = Date.now(); ; ms++) {
    const path = join(folder, `events.out.tfevents.${ms}.evenstep`)
    try {
      return { path, file: openSync(path, 'wx') }
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw fileFault(path, error)
    }
  }
}

/** Appends encoded events to an open file, each as a TFRecord. */
const write = ({ path, file }: EventFile, events: readonly Uint8Array[]): void =>
  onFile(path, () => writeBytes(file, Buffer.concat(events.map(record)), path))

/** Encodes the first events of a file; `now` is in seconds since 1970, `step` the first step to log. */
function beginning(now: number, step: number, settings: object | undefined): Uint8Array[] {
  const events = [versionEvent(now), startEvent(now, step)]
  if (settings !== undefined) events.push(summaryEvent(now, step, [hparamsStart(flat(settings), now)]))
  return events
}

function bytesOf(
  event: Exclude<TrainEvent, { readonly type: 'start' }>,
  now: number,
  variables: ReadonlyMap<string, Variable> = new Map(),
): Uint8Array[] {
  if (event.type === 'steps') return stepsOf(event, now)
  if (event.type === 'test') return [summaryEvent(now, Math.max(0, event.step - 1), testScalars(event))]
  const values = event.type === 'end' ? [hparamsEnd(now)] : [...scalarsOf(event), ...histogramsOf(variables)]
  // Logged at the last step taken, because a resumed run replaces the steps after it.
  return [summaryEvent(now, Math.max(0, event.steps - 1), values)]
}

function stepsOf({ step, losses, lrs, logs = {}, time }: StepsEvent, now: number): Uint8Array[] {
  const named = Object.entries(logs).map(([name, values]) => ({ tag: tagOf(name), values }))
  const timed = Object.entries(time ?? {}).map(([name, scalar]) => ({ tag: tagOf(name), scalar }))
  return Array.from(losses, (loss, k) =>
    summaryEvent(now, step + k, [
      { tag: 'train/loss', scalar: loss },
      { tag: 'train/lr', scalar: lrs[k]! },
      ...named.map(({ tag, values }) => ({ tag, scalar: values[k]! })),
      ...timed,
    ]),
  )
}

/** Returns a value's name in TensorBoard: `layers.1/batchMean` for `layers.1.batchMean`, `train/A` for `A`. */
const tagOf = (name: string): string =>
  name.includes('.') ? name.replace(/\.(?=[^.]*$)/, '/') : `train/${name}`

const testScalars = ({ loss, accuracy, metrics = {} }: TestEvent): SummaryValue[] =>
  Object.entries({ loss, accuracy, ...metrics }).flatMap(([name, value]) =>
    typeof value === 'number' ? [{ tag: `test/${name}`, scalar: value }] : [],
  )

function scalarsOf(event: EpochEvent): SummaryValue[] {
  const { trainLoss, validationLoss, validationAccuracy, lrFactor, time, metrics = {} } = event
  const scalars: readonly [string, unknown][] = [
    ['epoch/trainLoss', trainLoss],
    ['epoch/stepsPerSecond', time.stepsPerSecond],
    ['epoch/lrFactor', lrFactor],
    ['validation/loss', validationLoss],
    ['validation/accuracy', validationAccuracy],
    ...Object.entries(metrics).flatMap(([name, value]): [string, unknown][] =>
      typeof value === 'number'
        ? [[`validation/${name}`, value]]
        : value.map((x, c) => [`validation/${name}/${c}`, x]),
    ),
  ]
  return scalars.flatMap(([tag, scalar]) => (typeof scalar === 'number' ? [{ tag, scalar }] : []))
}

function histogramsOf(variables: ReadonlyMap<string, Variable>): SummaryValue[] {
  return [...variables].flatMap(([name, { data, dtype }]) => {
    const spread = isFloat(dtype) ? histogram(data as ArrayLike<number>) : undefined
    return spread === undefined ? [] : [{ tag: `weights/${name}`, histogram: spread }]
  })
}

/** Flattens nested settings to a map keyed by path, such as `optimizer.lr.type`. Lists become JSON text. */
function flat(settings: object, path: string = ''): Record<string, Setting> {
  return Object.assign(
    {},
    ...Object.entries(settings).map(([key, value]) => {
      const name = path + key
      if (isSetting(value)) return { [name]: value }
      if (Array.isArray(value)) return { [name]: JSON.stringify(value) }
      return typeof value === 'object' && value !== null ? flat(value, `${name}.`) : {}
    }),
  )
}

const isSetting = (value: unknown): value is Setting => ['string', 'number', 'boolean'].includes(typeof value)
