import { join } from 'node:path'
import { refuseLinks } from '../../disk/inside.ts'
import type { Finished } from '../analysis/findings.ts'
import type { Trial } from '../trial.ts'
import { checkSchema, type SchemaEntry } from './schema.ts'
import { Sqlite } from './sqlite.ts'
import { withDatabase } from './sqlite-fault.ts'
import { descriptionOf, finishedOf, type Row } from './stored.ts'

/** What the database of a study has: that of a running one grows. */
export interface StoredStudy {
  /** The study's description; undefined before the study has stored it. */
  readonly description: Readonly<Record<string, unknown>> | undefined
  readonly finished: readonly Finished[]
  /** Trials that are planned, with the finished ones, ordered by id. */
  readonly planned: readonly Pick<Trial, 'id' | 'seed' | 'rung'>[]
}

type Planned = Omit<Row, 'result'> & { readonly status: string | null }

/** Reads the database of a study while another process may write to it. */
export class WatchedStudy {
  readonly #path: string
  readonly #db: Sqlite
  /** Results that were read, by the trial's id: they never change. */
  readonly #finished = new Map<number, Finished>()

  /**
   * @throws {FormatError} when a file that SQLite opens is a symbolic link.
   * @throws {DamagedError} when the file is not the database of a study.
   */
  constructor(folder: string) {
    refuseLinks(folder)
    this.#path = join(folder, 'study.db')
    this.#db = withDatabase(this.#path, () => new Sqlite(this.#path, { timeout: 200 }))
    try {
      this.#db.pragma('query_only = ON')
      const query = 'SELECT type, name, sql FROM sqlite_master'
      checkSchema(this.#path, this.#all<SchemaEntry>(query))
    } catch (error) {
      this.#db.close()
      throw error
    }
  }

  /** Number that changes whenever another process has changed the database. */
  get version(): number {
    return this.#all<{ data_version: number }>('PRAGMA data_version')[0]!.data_version
  }

  /** @throws {DamagedError} when the description or a result is damaged. */
  read(): StoredStudy {
    const [study] = this.#all<{ description: string }>('SELECT description FROM study')
    const rows = this.#all<Planned>(
      'SELECT id, key, settings, seed, steps, rung, status FROM trial ORDER BY id',
    )
    const done = rows.filter(({ status }) => status !== null)
    for (const { id } of done) if (!this.#finished.has(id)) this.#readResult(id)
    return {
      description: study && descriptionOf(this.#path, study.description),
      finished: done.flatMap(({ id }) => this.#finished.get(id) ?? []),
      planned: rows,
    }
  }

  close(): void {
    this.#db.close()
  }

  #readResult(id: number): void {
    const row = this.#db.prepare('SELECT * FROM trial WHERE id = ? AND result IS NOT NULL').get(id)
    if (row !== undefined) this.#finished.set(id, finishedOf(this.#path, row as Row))
  }

  #all<T>(query: string): T[] {
    return withDatabase(this.#path, () => this.#db.prepare(query).all() as T[])
  }
}
