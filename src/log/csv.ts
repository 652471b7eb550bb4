import { createReadStream, existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ArgumentError } from '../core/errors.ts'
import { malformed } from '../core/mismatch.ts'
import { choice, type OptionsOf, readOptions } from '../core/options.ts'

const options = {
  /** Unit of a row: an epoch or an optimizer step. @default 'epoch' */
  every: choice(['epoch', 'step'], 'epoch'),
}

export interface CsvLogOptions extends OptionsOf<typeof options> {}

/**
 * Converts the log of a run to CSV, and yields its lines, each with its line feed: a header, then a row for
 * each epoch or step.
 *
 * Columns are named by their path in `events.jsonl`: `validationLoss`, `metrics.f1`, `metrics.confusion.0.1`,
 * `time.stepsPerSecond`; missing values become empty cells. Source: RFC 4180,
 * https://www.rfc-editor.org/rfc/rfc4180, except that lines end with LF.
 *
 * @param folder folder of the run
 * @throws {ArgumentError} when the folder has no log.
 * @throws {FormatError} when a line is damaged; an unfinished last line is skipped.
 * @example for await (const line of log.csv('runs/digits-1')) process.stdout.write(line)
 */
export async function* csv(folder: string, given: CsvLogOptions = {}): AsyncGenerator<string> {
  const { every } = readOptions('csv', options, given)
  const columns = new Set<string>()
  // Two passes: later rows may have more columns, if a newer version of Evenstep resumed the run.
  for await (const row of rows(folder, every)) for (const name of row.keys()) columns.add(name)
  if (columns.size === 0) return
  yield lineOf([...columns])
  for await (const row of rows(folder, every)) yield lineOf([...columns].map((name) => row.get(name) ?? ''))
}

/** Yields the events of one type, each as a map from column to cell. */
async function* rows(folder: string, type: string): AsyncGenerator<ReadonlyMap<string, string>> {
  const path = join(folder, 'events.jsonl')
  if (!existsSync(path)) throw new ArgumentError(`${folder}: wanted the folder of a run, got no events.jsonl`)
  const input = createReadStream(path)
  try {
    let number = 0
    let unfinished: string | undefined
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (unfinished !== undefined) {
        const got = JSON.stringify(unfinished.slice(0, 40))
        throw malformed(`${path}:${number}`, 'a JSON object', got, 'the file is damaged')
      }
      number++
      const event = parse(line)
      if (event === undefined) unfinished = line
      else if (event.type === type) yield cellsOf(event)
    }
  } finally {
    input.destroy()
  }
}

/** Parses a line; returns undefined if it is not a JSON object. */
function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = JSON.parse(line)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Flattens an event to cells, keyed by path. */
function cellsOf({ type, reasons, ...event }: Readonly<Record<string, unknown>>): Map<string, string> {
  const cells = new Map<string, string>()
  const enter = (value: object, path: string): void => {
    for (const [key, child] of Object.entries(value)) {
      if (typeof child === 'object' && child !== null) enter(child, `${path}${key}.`)
      else cells.set(path + key, child === null ? '' : String(child))
    }
  }
  enter(event, '')
  return cells
}

const lineOf = (cells: readonly string[]): string =>
  `${cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')}\n`
