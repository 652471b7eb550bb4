import { ArgumentError } from '../../core/errors.ts'

/** A value that can be bound to a parameter of an SQL statement. */
type Value = string | number | null

/** A prepared SQL statement, with the methods that all drivers share. */
export interface Statement {
  run(...values: Value[]): { readonly changes: number | bigint }
  get(...values: Value[]): unknown
  all(...values: Value[]): unknown[]
}

/** Common interface of the SQLite drivers: `libsql`, and `node:sqlite` of Node 22.13 and later. */
export interface Driver {
  exec(sql: string): void
  prepare(sql: string): Statement
  close(): void
}

/** Constructor of a driver: opens the database file at `path`, or creates it. */
export type Open = new (path: string) => Driver

/**
 * Loads an SQLite driver: `libsql` or, if that is not installed or has no binary for this machine, Node's own. Both
 * write the same files and take the same locks. Node's is the second choice, because Node 22 and 24 print a warning
 * when it is loaded.
 *
 * @throws {ArgumentError} when neither can be loaded.
 */
export async function chooseDriver(
  libsql: () => Promise<Open> = async () => (await import('libsql')).default,
  node: () => Promise<Open> = nodeDriver,
): Promise<Open> {
  try {
    return await libsql()
  } catch (cause) {
    return node().catch(() => {
      throw new ArgumentError(
        'SQLite: wanted the package libsql or node:sqlite, got neither; install libsql, or use Node 22.13 or later',
        { cause },
      )
    })
  }
}

/** Loads Node's own SQLite driver. @throws {Error} when this version of Node has none. */
export async function nodeDriver(): Promise<Open> {
  const name: string = 'node:sqlite' // unknown to bundlers and to the types of Node 20, hence a variable
  const { DatabaseSync }: { readonly DatabaseSync: Open } = await import(name)
  return DatabaseSync
}

const Driver = await chooseDriver()

/** An open SQLite database, with the same interface for either driver. */
export class Sqlite {
  readonly #db: Driver

  /** @param timeout milliseconds to wait for other processes to release their locks. @default 0 */
  constructor(path: string, { timeout = 0 }: { readonly timeout?: number } = {}, open: Open = Driver) {
    this.#db = new open(path)
    this.pragma(`busy_timeout = ${timeout}`)
  }

  exec(sql: string): void {
    this.#db.exec(sql)
  }

  pragma(setting: string): void {
    this.#db.prepare(`PRAGMA ${setting}`).all()
  }

  prepare(sql: string): Statement {
    return this.#db.prepare(sql)
  }

  /** Returns a function that calls `body` in a transaction; if `body` throws, the transaction is rolled back. */
  transaction<T>(body: () => T): () => T {
    return () => {
      this.exec('BEGIN')
      try {
        const result = body()
        this.exec('COMMIT')
        return result
      } catch (error) {
        try {
          this.exec('ROLLBACK')
        } catch {} // SQLite has rolled back already, as after a full disk
        throw error
      }
    }
  }

  close(): void {
    this.#db.close()
  }
}
