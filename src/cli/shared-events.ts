import { ArgumentError } from '../core/errors.ts'
import { evenstepCommand } from '../core/shell.ts'
import type { Prepared } from '../study/run/prepared.ts'
import type { StudyEvent } from '../study/run/run-study.ts'
import type { Connection } from '../study/shared/connection.ts'
import { printNote } from './output.ts'
import { version } from './version.ts'

/** Options of `evenstep study` that concern the database, and those that it excludes. */
export interface DatabaseOptions {
  readonly set: readonly string[]
  readonly workers?: number
  readonly timeLimit?: number
  readonly retryFailed?: true
  readonly test?: true
  readonly json?: true
  readonly priority?: number
  readonly models?: true
}

/** @throws {ArgumentError} when options of `evenstep study` do not fit together. */
export function checkShared({
  database,
  ...options
}: DatabaseOptions & { readonly database?: string }): void {
  const { workers, timeLimit, priority, models, test } = options
  if (database === undefined) {
    const [name] = Object.entries({ priority, models }).find(([, value]) => value !== undefined) ?? []
    if (name === undefined) return
    throw new ArgumentError(
      `study: wanted --database beside --${name}, got none; only workers elsewhere need it`,
    )
  }
  const own = Object.entries({ workers, 'time-limit': timeLimit }).find(([, value]) => value !== undefined)
  if (own !== undefined) {
    const fix = 'give evenstep worker --concurrency and --time-limit'
    throw new ArgumentError(`study: wanted --database without --${own[0]}, got both; ${fix}`)
  }
  if (test && !models) {
    const fix = 'without it, workers keep the models'
    throw new ArgumentError(`study: wanted --models beside --database and --test, got none; ${fix}`)
  }
}

/** Plans a study in a database, and yields its events as workers run its trials. */
export async function* sharedEvents(
  prepared: Prepared,
  connection: Connection,
  file: string,
  origin: string,
  options: DatabaseOptions & { readonly folder: string; readonly signal: AbortSignal },
): AsyncGenerator<StudyEvent> {
  const { runSharedStudy } = await import('../study/shared/run-shared-study.ts')
  const { isCode, keyOfSources, readSources } = await import('../study/shared/sources.ts')
  const { set, folder, signal, priority = 0, models = false, retryFailed = false, json } = options
  const sources = readSources(origin)
  const planned = {
    name: prepared.name,
    evenstep: version,
    sources,
    file,
    origin,
    settings: set,
    models,
    priority,
  }
  const command = evenstepCommand('worker', file, [], { database: connection.shown })
  const trust = isCode(sources) ? ` or, without the file, with --trust ${keyOfSources(sources)}` : ''
  if (!json) printNote(`start workers with ${command}${trust}`)
  yield* runSharedStudy(prepared, connection, { folder, planned, retryFailed, signal })
}
