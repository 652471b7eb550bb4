import { Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import type { Pool, PoolClient, QueryConfig } from 'pg'
import { type AbortSignalLike, orAborted } from '../../core/abort.ts'
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

/** Milliseconds that statements may take once the process has been asked to end, and those that closing may take. */
const grace = { statements: 4000, closing: 1000 }

/** Seconds that a statement may take unless it asks for more; and one of a connection that only reads. */
const [patient, impatient] = [60, 15]

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
  readonly #sockets: ReadonlySet<Socket>
  readonly #patience: number
  readonly #isReader: boolean
  readonly #closing = new AbortController()
  /** Aborted when statements may take no longer, as the process has been asked to end. */
  readonly #late = new AbortController()
  #isOpen = false
  /** Time since which the server has not answered; undefined while it does. */
  #silentSince: number | undefined

  private constructor(
    { shown }: Address,
    { pool, sockets }: PoolAndSockets,
    patience: number,
    isReader: boolean = false,
  ) {
    this.shown = shown
    this.#pool = pool
    this.#sockets = sockets
    this.#patience = patience
    this.#isReader = isReader
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
    const connection = new Connection(address, await poolOf(address), patience)
    try {
      await connection.change((query) => migrate(query, address.shown))
    } catch (error) {
      await connection.close()
      throw error
    }
    connection.#isOpen = true
    return connection
  }

  /**
   * Makes a connection for `read` alone, whose statements are not repeated: whoever watches looks again anyway. It is
   * made when it is first needed.
   */
  static async reader(url: string): Promise<Connection> {
    const address = addressOf(url)
    return new Connection(address, await poolOf(address), 0, true)
  }

  /** Runs one SQL statement with the values of its parameters, and resolves to its rows. @throws as `change` */
  query<Row>(sql: string, values?: readonly unknown[], seconds?: number): Promise<Row[]> {
    return this.#lasting(async () => (await this.#pool.query(statement(sql, values, seconds))).rows)
  }

  /**
   * Calls `body` in a transaction, again if the connection is lost.
   *
   * @throws {ArgumentError} when the server refuses a statement.
   * @throws {MachineError} when the server does not answer for as long as this connection is patient.
   */
  change<T>(body: (query: Query) => Promise<T>): Promise<T> {
    return this.#transaction('BEGIN', body)
  }

  /**
   * Calls `body` in a transaction that sees the database as it is at its first statement, and can change nothing.
   *
   * @throws {ArgumentError} when the server refuses a statement.
   * @throws {MachineError} when the server does not answer.
   */
  read<T>(body: (query: Query) => Promise<T>): Promise<T> {
    return this.#transaction('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', body)
  }

  #transaction<T>(begin: string, body: (query: Query) => Promise<T>): Promise<T> {
    return this.#lasting(async () => {
      const client = await this.#pool.connect()
      client.on('error', ignore) // a statement that waits for the lost connection fails as well
      let failure: Error | undefined
      try {
        return await inTransaction(client, begin, this.#isReader ? impatient : patient, body)
      } catch (error) {
        failure = error as Error
        throw error
      } finally {
        client.off('error', ignore)
        client.release(failure !== undefined && isPassing(failure) ? failure : false)
      }
    })
  }

  /**
   * Lets all statements fail, with the signal's reason, once a signal has been aborted for 4 s: it asks this process to
   * end, and whoever sent it kills the process if it does not.
   */
  endWith(signal: AbortSignalLike): void {
    signal.addEventListener('abort', async () => {
      await setTimeout(grace.statements, undefined, { ref: false })
      this.#late.abort(signal.reason)
    })
  }

  /** Closes all connections; statements that wait for the server fail. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort()
    // A server that does not answer would keep the connections, and so this process.
    await Promise.race([this.#pool.end(), setTimeout(grace.closing)])
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Calls `body` until it does not fail for want of a connection, or patience ends; before `open`, only once. */
  async #lasting<T>(body: () => Promise<T>): Promise<T> {
    const { signal } = this.#closing
    for (let wait = pause.first; ; wait = Math.min(2 * wait, pause.most)) {
      try {
        const result = await orAborted(this.#late.signal, body())
        this.#silentSince = undefined
        return result
      } catch (error) {
        if (signal.aborted)
          throw new MachineError(`${this.shown}: wanted an open connection, got a closed one`)
        this.#silentSince ??= performance.now()
        const isOver = !this.#isOpen || performance.now() - this.#silentSince > 1e3 * this.#patience
        if (!isPassing(error) || isOver) {
          const waited = this.#isOpen ? this.#patience : 0
          throw postgresFault(this.shown, error, waited, this.#isReader) ?? error
        }
        const ended = AbortSignal.any([signal, this.#late.signal])
        await setTimeout(wait, undefined, { signal: ended }).catch(ignore)
      }
    }
  }
}

const ignore = (): void => {}

/** Connections, and the sockets that they have. */
interface PoolAndSockets {
  readonly pool: Pool
  readonly sockets: ReadonlySet<Socket>
}

async function poolOf({ url }: Address): Promise<PoolAndSockets> {
  const { default: pg } = await import('pg').catch(() => {
    throw new ArgumentError('--database: wanted the package pg, got none; run npm install pg')
  })
  const timeouts = { connectionTimeoutMillis: 10_000, keepAlive: true }
  const sockets = new Set<Socket>()
  const stream = (): Socket => socketIn(sockets)
  return { pool: new pg.Pool({ connectionString: url, max: most, stream, ...timeouts }), sockets }
}

/** Makes a socket that is in the set until it is closed. */
function socketIn(sockets: Set<Socket>): Socket {
  const socket = new Socket()
  sockets.add(socket)
  return socket.once('close', () => sockets.delete(socket))
}

/** A statement as `pg` takes it; its types lack the last field. */
type Statement = QueryConfig & { readonly query_timeout: number }

function statement(sql: string, values: readonly unknown[] = [], seconds: number = patient): Statement {
  return { text: sql, values: [...values], query_timeout: 1e3 * seconds }
}

async function inTransaction<T>(
  client: PoolClient,
  begin: string,
  seconds: number,
  body: (query: Query) => Promise<T>,
): Promise<T> {
  await client.query(statement(begin, [], seconds))
  try {
    const result = await body(
      async (sql, values, own = seconds) => (await client.query(statement(sql, values, own))).rows,
    )
    await client.query(statement('COMMIT'))
    return result
  } catch (error) {
    if (!isPassing(error)) await client.query(statement('ROLLBACK'))
    throw error
  }
}
