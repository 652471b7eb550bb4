import { join } from 'node:path'
import { ArgumentError } from '../../core/errors.ts'
import type { Finished } from '../analysis/findings.ts'
import { type Asked, trialKey } from '../design/design.ts'
import type { Trial, TrialResult } from '../trial.ts'
import { checkSameStudy } from './same-study.ts'
import { Sqlite } from './sqlite.ts'

/** A row of the database table `trial`; settings and result are stored as JSON text. */
type Row = Omit<Trial, 'settings'> & { readonly settings: string; readonly result: string }

const tables = `
  CREATE TABLE IF NOT EXISTS study (description TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS trial (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, settings TEXT NOT NULL, seed INTEGER NOT NULL,
    steps INTEGER NOT NULL, rung INTEGER NOT NULL, status TEXT, result TEXT
  );
`

/**
 * An SQLite database of a study's trials and their results: the file `study.db` in the study's folder.
 *
 * One process writes; others may read at the same time. Each change is a transaction: if the process is killed,
 * all or none of it is stored. Changes are not flushed to disk at once: a power failure may lose the latest
 * results in the database, but each trial's own folder still has its result.
 */
export class Database {
  readonly #db: Sqlite
  readonly #ids = new Map<string, number>()

  /** Opens or creates the database in a study's folder. The caller must hold the folder's lock. */
  constructor(folder: string) {
    this.#db = new Sqlite(join(folder, 'study.db'))
    this.#db.pragma('journal_mode = WAL')
    this.#db.pragma('synchronous = NORMAL')
    this.#db.exec(tables)
    for (const { id, key } of this.#all<{ id: number; key: string }>('SELECT id, key FROM trial')) {
      this.#ids.set(key, id)
    }
  }

  /** Stores a study's description. @throws {ArgumentError} when it does not extend the folder's study. */
  describe(description: Readonly<Record<string, unknown>>, folder: string): void {
    const [before] = this.#all<{ description: string }>('SELECT description FROM study')
    const text = JSON.stringify(description)
    if (before) checkSameStudy(folder, JSON.parse(before.description), JSON.parse(text))
    const write = this.#db.transaction(() => {
      this.#db.exec('DELETE FROM study')
      this.#db.prepare('INSERT INTO study VALUES (?)').run(text)
    })
    write()
  }

  /** Stores those of the planned trials that are new, under the next free ids; returns all trials, with ids. */
  ask(asked: readonly Asked[]): Trial[] {
    const insert = this.#db.prepare(
      'INSERT INTO trial (id, key, settings, seed, steps, rung) VALUES (?, ?, ?, ?, ?, ?)',
    )
    const write = this.#db.transaction(() =>
      asked.map((one): Trial => {
        const key = trialKey(one)
        const known = this.#ids.get(key)
        if (known !== undefined) return { id: known, ...one }
        const id = this.#ids.size + 1
        insert.run(id, key, JSON.stringify(one.settings), one.seed, one.steps, one.rung)
        this.#ids.set(key, id)
        return { id, ...one }
      }),
    )
    return write()
  }

  /** Stores a trial's result. @throws {ArgumentError} when the trial has a result already, or is unknown. */
  finish(id: number, result: TrialResult): void {
    const { changes } = this.#db
      .prepare('UPDATE trial SET status = ?, result = ? WHERE id = ? AND result IS NULL')
      .run(result.status, JSON.stringify(result), id)
    if (changes !== 1) throw new ArgumentError(`study: wanted a trial that is not finished, got ${id}`)
  }

  /** Returns all trials that have a result, ordered by id. */
  finished(): Finished[] {
    return this.#all<Row>('SELECT * FROM trial WHERE result IS NOT NULL ORDER BY id').map(
      ({ id, settings, seed, steps, rung, result }) => {
        return { id, settings: JSON.parse(settings), seed, steps, rung, result: JSON.parse(result) }
      },
    )
  }

  close(): void {
    this.#db.close()
  }

  #all<T>(query: string): T[] {
    return this.#db.prepare(query).all() as T[]
  }
}
