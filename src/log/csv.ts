import { createReadStream, existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ArgumentError, FormatError } from '../core/errors.ts'
import { choice, type OptionsOf, readOptions } from '../core/options.ts'

const options = {
  /** Whether a row is an epoch or a step. @default 'epoch' */
  every: choice(['epoch', 'step'], 'epoch'),
}

export interface CsvLogOptions extends OptionsOf<typeof options> {}

/**
 * Yields the lines of a CSV file, each with its line feed, from the log of a run: a header, then a row for each
 * epoch or step.
 *
 * Columns are named by their path in `events.jsonl`: `validationLoss`, `metrics.f1`, `metrics.confusion.0.1`,
 * `time.stepsPerSecond`; a cell without a number is empty. Rows come from the log, so they agree with it
 * however often the run was killed and resumed. Source: RFC 4180, https://www.rfc-editor.org/rfc/rfc4180, but
 * for the line feed.
 *
 * @param folder of the run
 * @throws {ArgumentError} when there is no log.
 * @throws {FormatError} when a line is damaged; an unfinished last line is skipped.
 * @example for await (const line of log.csv('runs/digits-1')) process.stdout.write(line)
 */
export async function* csv(folder: string, given: CsvLogOptions = {}): AsyncGenerator<string> {
  const { every } = readOptions('csv', options, given)
  const columns = new Set<string>()
  // Two passes, since a newer version that resumed the run may log more.
  for await (const row of rows(folder, every)) for (const name of row.keys()) columns.add(name)
  if (columns.size === 0) return
  yield lineOf([...columns])
  for await (const row of rows(folder, every)) yield lineOf([...columns].map((name) => row.get(name) ?? ''))
}

/** Yields the events of one type, as cells by column. */
async function* rows(folder: string, type: string): AsyncGenerator<ReadonlyMap<string, string>> {
  const path = join(folder, 'events.jsonl')
  if (!existsSync(path)) throw new ArgumentError(`${folder}: wanted the folder of a run, got no events.jsonl`)
  const input = createReadStream(path)
  try {
    let number = 0
    let unfinished: string | undefined
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (unfinished !== undefined) throw damaged(path, number, unfinished)
      number++
      const event = parse(line)
      if (event === undefined) unfinished = line
      else if (event.type === type) yield cellsOf(event)
    }
  } finally {
    input.destroy()
  }
}

/** Parses a line; undefined when it is not an object. */
function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = JSON.parse(line)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

const damaged = (path: string, line: number, text: string): FormatError =>
  new FormatError(
    `${path}:${line}: wanted a JSON object, got ${JSON.stringify(text.slice(0, 40))}; the file is damaged`,
  )

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
