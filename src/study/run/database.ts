import { join } from 'node:path'
import { ArgumentError } from '../../core/errors.ts'
import type { Finished } from '../analysis/findings.ts'
import { type Asked, trialKey } from '../design/design.ts'
import type { Trial, TrialResult } from '../trial.ts'
import { checkSameStudy } from './same-study.ts'
import { checkSchema, type SchemaEntry, tables } from './schema.ts'
import { Sqlite } from './sqlite.ts'
import { withDatabase } from './sqlite-fault.ts'
import { descriptionOf, finishedOf, type Row, resultText } from './stored.ts'

/**
 * An SQLite database of a study's trials and their results: the file `study.db` in the study's folder.
 *
 * One process writes; others may read at the same time. Each change is a transaction: if the process is killed,
 * either all of the change or nothing is stored. Changes are not flushed to disk at once: a power failure may lose
 * the latest results in the database, but each result is also in its trial's folder.
 */
export class Database {
  readonly #path: string
  readonly #db: Sqlite
  readonly #ids = new Map<string, number>()
  /** Highest id of a trial; lower ids may be unused if rows were deleted by hand. */
  #last = 0

  /**
   * Opens or creates the database in a study's folder. The caller must hold the folder's lock.
   *
   * @throws {DamagedError} when the file is damaged, or is not the database of a study.
   * @throws {MachineError} when the file cannot be read or written.
   */
  constructor(folder: string) {
    this.#path = join(folder, 'study.db')
    this.#db = withDatabase(this.#path, () => new Sqlite(this.#path))
    try {
      withDatabase(this.#path, () => this.#prepare())
    } catch (error) {
      this.#db.close()
      throw error
    }
  }

  /**
   * Stores a study's description. @throws {ArgumentError} when the folder has a study that this one does not
   * extend.
   */
  describe(description: Readonly<Record<string, unknown>>, folder: string): void {
    const [before] = this.#all<{ description: string }>('SELECT description FROM study')
    const text = JSON.stringify(description)
    if (before) checkSameStudy(folder, descriptionOf(this.#path, before.description), JSON.parse(text))
    this.#change(() => {
      this.#db.exec('DELETE FROM study')
      this.#db.prepare('INSERT INTO study VALUES (?)').run(text)
    })
  }

  /** Stores the planned trials that are new, under the next free ids; returns all planned trials with their ids. */
  ask(asked: readonly Asked[]): Trial[] {
    return this.#change(() => {
      const insert = this.#db.prepare(
        'INSERT INTO trial (id, key, settings, seed, steps, rung) VALUES (?, ?, ?, ?, ?, ?)',
      )
      return asked.map((one): Trial => {
        const key = trialKey(one)
        const known = this.#ids.get(key)
        if (known !== undefined) return { id: known, ...one }
        const id = ++this.#last
        insert.run(id, key, JSON.stringify(one.settings), one.seed, one.steps, one.rung)
        this.#ids.set(key, id)
        return { id, ...one }
      })
    })
  }

  /** Stores a trial's result. @throws {ArgumentError} when the trial has a result already, or is unknown. */
  finish(id: number, result: TrialResult): void {
    const { changes } = withDatabase(this.#path, () =>
      this.#db
        .prepare('UPDATE trial SET status = ?, result = ? WHERE id = ? AND result IS NULL')
        .run(result.status, resultText(id, result), id),
    )
    if (changes !== 1) throw new ArgumentError(`study: wanted a trial that is not finished, got ${id}`)
  }

  /** Deletes the results of failed trials, so that these trials run again. */
  forgetFailed(): void {
    this.#change(() => this.#db.exec("UPDATE trial SET status = NULL, result = NULL WHERE status = 'failed'"))
  }

  /** Returns all trials that have a result, ordered by id. @throws {DamagedError} when a result is damaged. */
  finished(): Finished[] {
    const rows = this.#all<Row>('SELECT * FROM trial WHERE result IS NOT NULL ORDER BY id')
    return rows.map((row) => finishedOf(this.#path, row))
  }

  close(): void {
    this.#db.close()
  }

  #prepare(): void {
    const entries = this.#all<SchemaEntry>('SELECT type, name, sql FROM sqlite_master')
    checkSchema(this.#path, entries)
    this.#db.pragma('journal_mode = WAL')
    this.#db.pragma('synchronous = NORMAL')
    const missing = Object.keys(tables).filter((table) => !entries.some(({ name }) => name === table))
    this.#db.exec(missing.map((table) => `${tables[table]};`).join('\n'))
    for (const { id, key } of this.#all<{ id: number; key: string }>('SELECT id, key FROM trial')) {
      this.#ids.set(key, id)
      this.#last = Math.max(this.#last, id)
    }
  }

  /** Calls `changes` in one transaction, so that either all of its changes are stored or none. */
  #change<T>(changes: () => T): T {
    return withDatabase(this.#path, () => this.#db.transaction(changes)())
  }

  #all<T>(query: string): T[] {
    return withDatabase(this.#path, () => this.#db.prepare(query).all() as T[])
  }
}
