import { createReadStream, existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ArgumentError, FormatError } from '../core/errors.ts'
import { mismatch } from '../core/mismatch.ts'

export interface CsvLogOptions {
  /** A row for each `epoch`, or each `step`; `epoch`. */
  readonly every?: 'epoch' | 'step'
}

/**
 * The log of a run as the lines of a CSV file, each with its line feed: a header, then a row for each epoch or step.
 *
 * A column is named by its path in `events.jsonl`: `validationLoss`, `metrics.f1`, `metrics.confusion.0.1`,
 * `time.stepsPerSecond`; a cell is empty where there is no number. It is read from the log, and so agrees with it, however
 * often the run was killed and resumed. Source: RFC 4180, https://www.rfc-editor.org/rfc/rfc4180, but for the line feed.
 *
 * @param folder of the run
 * @throws {ArgumentError} when there is no log.
 * @throws {FormatError} when a line of it is damaged; a last line that was not finished is left out.
 * @example for await (const line of log.csv('runs/digits-1')) process.stdout.write(line)
 */
export async function* csv(folder: string, { every = 'epoch' }: CsvLogOptions = {}): AsyncGenerator<string> {
  if (every !== 'epoch' && every !== 'step') throw mismatch('csv', "every as 'epoch' or 'step'", every)
  const columns = new Set<string>()
  // Read twice, since a newer version that resumed the run may log more.
  for await (const row of rows(folder, every)) for (const name of row.keys()) columns.add(name)
  if (columns.size === 0) return
  yield lineOf([...columns])
  for await (const row of rows(folder, every)) yield lineOf([...columns].map((name) => row.get(name) ?? ''))
}

/** The events of one type, each as its cells by the name of their column. */
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

/** The object in a line, if it is one. */
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
