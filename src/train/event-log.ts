import { closeSync, existsSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import { ArgumentError, FormatError } from '../core/errors.ts'
import { jsonIn } from '../core/json.ts'
import { checkFields, checkFolder } from '../core/mismatch.ts'
import type { EndEvent, EpochEvent, StartEvent, StepsEvent, TrainEvent } from './event.ts'
import type { Steps } from './steps.ts'

/** A parsed line of a run's log: one optimizer step, or an event other than `steps`. */
export type LogLine = StepLine | Logged<StartEvent> | Logged<EpochEvent> | Logged<EndEvent>

type Logged<Event> = Omit<Event, 'progress'>

/** A log line about one optimizer step. */
export interface StepLine extends Pick<StepsEvent, 'epoch' | 'step' | 'time'> {
  readonly type: 'step'
  readonly loss: number
  readonly lr: number
  /** Other logged quantities by name, such as `gradientNorm`. */
  readonly [name: string]: unknown
}

/** Fixed keys of a step's log line; any other key is the name of a logged quantity. */
const standard: readonly string[] = ['type', 'epoch', 'step', 'loss', 'lr', 'time']

/** Returns the path of the log file in a run's folder. */
export const logFile = (folder: string): string => join(folder, 'events.jsonl')

/** Encodes an event as lines of JSON: a `steps` event as one line per optimizer step, any other as one line. */
export function toLines(given: TrainEvent): string {
  checkFields('toLines', 'an event of a run', given, 'type')
  const { progress: _, ...event } = given
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

/**
 * Reads the log in a run's folder and yields its parsed lines. Ignores a truncated last line.
 *
 * @throws {ArgumentError} when there is no log.
 * @throws {FormatError} when any other line is damaged.
 */
export function* readEvents(folder: string): Generator<LogLine> {
  checkFolder('log', folder)
  const path = logFile(folder)
  if (!existsSync(path)) throw new ArgumentError(`${folder}: wanted the folder of a run, got no events.jsonl`)
  let number = 0
  let cut: string | undefined
  for (const text of linesOf(path)) {
    if (cut !== undefined) {
      const start = JSON.stringify(cut.slice(0, 40))
      throw new FormatError(`${path}:${number}: wanted a JSON object, got ${start}; the file is damaged`)
    }
    number++
    const line = jsonIn(text)
    if (isObject(line)) yield line as LogLine
    else cut = text
  }
}

/** Reads the results of all optimizer steps from the log in a run's folder; undefined when there is no log. */
export function readSteps(folder: string): Steps | undefined {
  checkFolder('readSteps', folder)
  if (!existsSync(logFile(folder))) return undefined
  const steps = [...readEvents(folder)].filter((line) => line.type === 'step')
  const all = (name: string): Float64Array =>
    Float64Array.from(steps, (step) => Number(step[name] ?? Number.NaN))
  const names = Object.keys(steps[0] ?? {}).filter((name) => !standard.includes(name))
  return {
    losses: all('loss'),
    lrs: all('lr'),
    logs: Object.fromEntries(names.map((name) => [name, all(name)])),
  }
}

/** Yields the lines of a text file, which is read in chunks: a log may be too long for one string. */
function* linesOf(path: string): Generator<string> {
  const [chunk, decoder] = [Buffer.alloc(65_536), new StringDecoder('utf8')]
  const file = openSync(path, 'r')
  try {
    let rest = ''
    for (let size = readSync(file, chunk); size > 0; size = readSync(file, chunk)) {
      const lines = (rest + decoder.write(chunk.subarray(0, size))).split('\n')
      rest = lines.pop()!
      yield* lines
    }
    rest += decoder.end()
    if (rest !== '') yield rest
  } finally {
    closeSync(file)
  }
}

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
