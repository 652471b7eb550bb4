import { csvLine } from '../core/csv-line.ts'
import { checkFolder } from '../core/mismatch.ts'
import { choice, type OptionsOf, readOptions } from '../core/options.ts'
import { type LogLine, readEvents } from '../train/event-log.ts'

const options = {
  /** Whether to yield a row for each epoch or for each optimizer step. @default 'epoch' */
  every: choice(['epoch', 'step'], 'epoch'),
}

export interface CsvLogOptions extends OptionsOf<typeof options> {}

/**
 * Yields the log of a run (one training, saved in a folder) as lines of CSV, each ending with a line feed: a
 * header, then a row for each epoch or step.
 *
 * A column's name is the path of its value in `events.jsonl`: `validationLoss`, `metrics.f1`,
 * `metrics.confusion.0.1`, `time.stepsPerSecond`. Missing values become empty cells. Source: RFC 4180,
 * https://www.rfc-editor.org/rfc/rfc4180, except that lines end with LF.
 *
 * @param folder folder of the run
 * @throws {ArgumentError} when the folder has no log.
 * @throws {FormatError} when a line is damaged; an unfinished last line is skipped.
 * @example for await (const line of log.csv('runs/digits-1')) process.stdout.write(line)
 */
export async function* csv(folder: string, given: CsvLogOptions = {}): AsyncGenerator<string> {
  const { every } = readOptions('csv', options, given)
  checkFolder('csv', folder)
  const columns = new Set<string>()
  // Two passes: later rows may have more columns, if a newer version of Evenstep resumed the run.
  for (const row of rows(folder, every)) for (const name of row.keys()) columns.add(name)
  if (columns.size === 0) return
  yield csvLine([...columns])
  for (const row of rows(folder, every)) yield csvLine([...columns].map((name) => row.get(name) ?? ''))
}

/** Yields the events of one type in a run's log, each as a map from column names to texts of cells. */
function* rows(folder: string, type: string): Generator<ReadonlyMap<string, string>> {
  for (const event of readEvents(folder)) if (event.type === type) yield cellsOf(event)
}

/** Maps paths of an event's values, such as `metrics.f1`, to cell texts; leaves out `type` and `reasons`. */
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
