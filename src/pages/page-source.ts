import { EvenstepError } from '../core/errors.ts'
import type { CompareQuery } from './compare-view.ts'
import type { Watch } from './live.ts'
import type { RunQuery } from './run-view.ts'

/** Where the runs and studies are kept that pages show: in a folder, or in a database. Each watch is for one page. */
export interface PageSource {
  list(): Watch
  /** @throws {NotFoundError} when there is no such run; so do the others. */
  run(id: string, query: RunQuery): Watch
  compare(ids: readonly string[], query: CompareQuery): Watch
  study(id: string): Watch
  /** Asks the process that trains a run to save it and end. @throws {ArgumentError} when it cannot be asked. */
  stop(id: string): void
  close(): Promise<void>
}

/** Error when a run or a study is not there. */
export class NotFoundError extends EvenstepError {}
