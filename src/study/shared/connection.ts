import { setTimeout } from 'node:timers/promises'
import type { Pool, PoolClient } from 'pg'
import { ArgumentError, MachineError } from '../../core/errors.ts'
import { number, type OptionsOf, readOptions } from '../../core/options.ts'
import { type Address, addressOf } from './address.ts'
import { migrate } from './migrations.ts'
import { isPassing, postgresFault } from './postgres-fault.ts'
import type { Query } from './query.ts'

const options = {
  /** Seconds for which a statement is repeated on new connections while the server does not answer. @default 300 */
  patience: number({ min: 0 }, 300),
}

export interface ConnectionOptions extends OptionsOf<typeof options> {}

/** Most connections of one process: one for results, which may be large, and one for what must not wait for them. */
const most = 2

/** Milliseconds between two attempts, at first and at most. */
const pause = { first: 100, most: 3000 }

/**
 * A connection to the PostgreSQL database of studies. While the server does not answer, such as when it restarts,
 * statements are repeated; so each must be one whose repetition does no harm.
 */
export class Connection {
  /** Address of the database, without a password. */
  readonly shown: string
  readonly #pool: Pool
  readonly #patience: number
  readonly #closing = new AbortController()
  #isOpen = false
  /** Time since which the server has not answered; undefined while it does. */
  #silentSince: number | undefined

  private constructor({ shown }: Address, pool: Pool, patience: number) {
    this.shown = shown
    this.#pool = pool
    this.#patience = patience
    pool.on('error', () => {}) // an idle connection was lost: the next statement makes a new one
  }

  /**
   * Connects to a database, and makes or updates the tables of studies.
   *
   * @param url connection string, such as `postgres://user@host/database`
   * @throws {ArgumentError} when the server refuses: user, password, database, rights or tables.
   * @throws {MachineError} when no server answers.
   */
  static async open(url: string, given: ConnectionOptions = {}): Promise<Connection> {
    const { patience } = readOptions('Connection', options, given)
    const address = addressOf(url)
    const { default: pg } = await import('pg').catch(() => {
      throw new ArgumentError('--database: wanted the package pg, got none; run npm install pg')
    })
    const timeouts = { connectionTimeoutMillis: 10_000, query_timeout: 60_000, keepAlive: true }
    const pool = new pg.Pool({ connectionString: address.url, max: most, ...timeouts })
    const connection = new Connection(address, pool, patience)
    try {
      await connection.change((query) => migrate(query, address.shown))
    } catch (error) {
      await connection.close()
      throw error
    }
    connection.#isOpen = true
    return connection
  }

  /** Runs one SQL statement with the values of its parameters, and resolves to its rows. @throws as `change` */
  query<Row>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    return this.#lasting(async () => (await this.#pool.query(sql, [...values])).rows)
  }

  /**
   * Calls `body` in a transaction, again if the connection is lost.
   *
   * @throws {ArgumentError} when the server refuses a statement.
   * @throws {MachineError} when the server does not answer for as long as this connection is patient.
   */
  change<T>(body: (query: Query) => Promise<T>): Promise<T> {
    return this.#lasting(async () => {
      const client = await this.#pool.connect()
      client.on('error', ignore) // a statement that waits for the lost connection fails as well
      let failure: Error | undefined
      try {
        return await inTransaction(client, body)
      } catch (error) {
        failure = error as Error
        throw error
      } finally {
        client.off('error', ignore)
        client.release(failure !== undefined && isPassing(failure) ? failure : false)
      }
    })
  }

  /** Closes all connections; statements that wait for the server fail. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort()
    await this.#pool.end()
  }

  /** Calls `body` until it does not fail for want of a connection, or patience ends; before `open`, only once. */
  async #lasting<T>(body: () => Promise<T>): Promise<T> {
    const { signal } = this.#closing
    for (let wait = pause.first; ; wait = Math.min(2 * wait, pause.most)) {
      try {
        const result = await body()
        this.#silentSince = undefined
        return result
      } catch (error) {
        if (signal.aborted)
          throw new MachineError(`${this.shown}: wanted an open connection, got a closed one`)
        this.#silentSince ??= performance.now()
        const isOver = !this.#isOpen || performance.now() - this.#silentSince > 1e3 * this.#patience
        if (!isPassing(error) || isOver) {
          throw postgresFault(this.shown, error, this.#isOpen ? this.#patience : 0) ?? error
        }
        await setTimeout(wait, undefined, { signal }).catch(ignore)
      }
    }
  }
}

const ignore = (): void => {}

async function inTransaction<T>(client: PoolClient, body: (query: Query) => Promise<T>): Promise<T> {
  await client.query('BEGIN')
  try {
    const result = await body(async (sql, values = []) => (await client.query(sql, [...values])).rows)
    await client.query('COMMIT')
    return result
  } catch (error) {
    if (!isPassing(error)) await client.query('ROLLBACK')
    throw error
  }
}
