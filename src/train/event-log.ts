import { closeSync, fstatSync, join, readSync } from '#files'
import { ArgumentError, DamagedError } from '../core/errors.ts'
import { jsonIn } from '../core/json.ts'
import { checkFields, checkFolder } from '../core/mismatch.ts'
import { checkInside, openInside } from '../disk/inside.ts'
import { linesInside } from '../disk/lines.ts'
import type { DivergedError } from './diverged.ts'
import type { EndEvent, EpochEvent, StartEvent, StepsEvent, TestEvent, TrainEvent } from './event.ts'
import { StepColumns } from './step-columns.ts'
import type { Steps } from './steps.ts'

/** A parsed line of a run's log: one optimizer step, an event other than `steps`, or that the run diverged. */
export type LogLine =
  | StepLine
  | Logged<StartEvent>
  | Logged<EpochEvent>
  | TestLine
  | Logged<EndEvent>
  | DivergedLine

/** A log line about a measurement of the model on the test data. */
export type TestLine = Logged<TestEvent>

type Logged<Event> = Omit<Event, 'progress'>

/** A log line about one optimizer step. */
export interface StepLine extends Pick<StepsEvent, 'epoch' | 'step' | 'time'> {
  readonly type: 'step'
  readonly loss: number
  readonly lr: number
  /** Other logged quantities by name, such as `gradientNorm`. */
  readonly [name: string]: unknown
}

/** The last log line of a run that ended because its loss became NaN or infinite; has the fields of the error. */
export interface DivergedLine {
  readonly type: 'diverged'
  readonly step: number
  readonly lr: number
  readonly message: string
}

/** Returns the path of the log file in a run's folder. */
export const logFile = (folder: string): string => join(folder, 'events.jsonl')

/** Encodes an event as lines of JSON: a `steps` event as one line per optimizer step, any other as one line. */
export function toLines(given: TrainEvent): string {
  checkFields('toLines', 'an event of a run', given, 'type')
  const { progress: _, ...event } = given
  if (event.type !== 'steps') return `${JSON.stringify(event)}\n`
  // Written by hand, which takes a quarter of the time of `JSON.stringify`: short runs have thousands of steps a second.
  const { epoch, step, losses, lrs, logs = {}, time } = event
  const all = [...Object.entries<ArrayLike<number>>({ loss: losses, lr: lrs, ...logs })]
  const columns = all.map(([name, values]) => ({ key: `,${JSON.stringify(name)}:`, values }))
  const end = time ? `,"time":${JSON.stringify(time)}}\n` : '}\n'
  let lines = ''
  for (let k = 0; k < losses.length; k++) {
    lines += `{"type":"step","epoch":${epoch},"step":${step + k}`
    for (const { key, values } of columns) lines += key + numberText(values[k]!)
    lines += end
  }
  return lines
}

/** Returns a number as JSON has it: null in place of NaN and infinity. */
const numberText = (value: number): string => (Number.isFinite(value) ? `${value}` : 'null')

/**
 * Reads the log in a run's folder and yields its parsed lines, one at a time. Ignores a truncated last line, which a
 * killed process may leave.
 *
 * @throws {ArgumentError} when there is no log.
 * @throws {DamagedError} when any other line is damaged.
 */
export function* readEvents(folder: string): Generator<LogLine> {
  checkFolder('log', folder)
  const path = logFile(folder)
  if (!checkInside(path))
    throw new ArgumentError(`${folder}: wanted the folder of a run, got no events.jsonl`)
  let number = 0
  let cut: string | undefined
  for (const text of linesInside(path)) {
    if (cut !== undefined) {
      const start = JSON.stringify(cut.slice(0, 40))
      throw new DamagedError(`${path}:${number}: wanted a JSON object, got ${start}; the file is damaged`)
    }
    number++
    const line = jsonIn(text)
    if (isObject(line)) yield line as LogLine
    else cut = text
  }
}

/**
 * Reads the results of all optimizer steps from the log in a run's folder; undefined when there is no log.
 *
 * @param other called with each line that is not about a step
 */
export function readSteps(
  folder: string,
  other: (line: Exclude<LogLine, StepLine>) => void = () => {},
): Steps | undefined {
  checkFolder('readSteps', folder)
  if (!checkInside(logFile(folder))) return undefined
  const read = new StepColumns()
  for (const line of readEvents(folder)) {
    if (line.type === 'step') read.add(line)
    else other(line)
  }
  return read.steps
}

/** Encodes the error that ended a run as one log line of JSON. */
export const divergedLine = ({ step, lr, message }: DivergedError): string =>
  `${JSON.stringify({ type: 'diverged', step, lr, message } satisfies DivergedLine)}\n`

/** Returns the last line of the log in a run's folder if it says that the run diverged. */
export function readDiverged(folder: string): DivergedLine | undefined {
  const file = openInside(logFile(folder))
  if (file === undefined) return undefined
  try {
    const { size } = fstatSync(file)
    const end = new Uint8Array(Math.min(size, 65_536))
    readSync(file, end, 0, end.length, size - end.length)
    const line = jsonIn(new TextDecoder().decode(end).trimEnd().split('\n').at(-1)!)
    return isObject(line) && (line as LogLine).type === 'diverged' ? (line as DivergedLine) : undefined
  } finally {
    closeSync(file)
  }
}

/** Returns the measurements on the test data in the log of a run's folder, oldest first; none without a log. */
export function readTests(folder: string): TestLine[] {
  if (!checkInside(logFile(folder))) return []
  const tests: TestLine[] = []
  for (const text of linesInside(logFile(folder))) {
    const line = text.startsWith('{"type":"test"') ? jsonIn(text) : undefined
    if (line !== undefined) tests.push(withNaN(line as TestLine))
  }
  return tests
}

/** Returns a measurement that was read from JSON, with NaN where its metrics are null, which JSON has in place of NaN. */
export function withNaN<M extends Pick<TestLine, 'metrics'>>(measured: M): M {
  if (measured.metrics === undefined) return measured
  const revive = (value: unknown): unknown =>
    value === null ? Number.NaN : Array.isArray(value) ? value.map(revive) : value
  const metrics = Object.entries(measured.metrics).map(([name, value]) => [name, revive(value)])
  return { ...measured, metrics: Object.fromEntries(metrics) }
}

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
