import { mismatch } from '../core/mismatch.ts'
import { type LogLine, readEvents } from '../train/event-log.ts'

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
  for (const row of rows(folder, every)) for (const name of row.keys()) columns.add(name)
  if (columns.size === 0) return
  yield lineOf([...columns])
  for (const row of rows(folder, every)) yield lineOf([...columns].map((name) => row.get(name) ?? ''))
}

/** Yields the events of one type, each as its cells by the name of their column. */
function* rows(folder: string, type: string): Generator<ReadonlyMap<string, string>> {
  for (const event of readEvents(folder)) if (event.type === type) yield cellsOf(event)
}

function cellsOf({ type, reasons, ...event }: LogLine & { readonly reasons?: unknown }): Map<string, string> {
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
