import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Client } from 'pg'
import { childrenOf } from './command.ts'

/** Where Debian's package `postgresql` puts each version. */
const versions = '/usr/lib/postgresql'

/** Folder of the programs of the newest PostgreSQL on this machine; undefined without one. */
const programs = existsSync(versions)
  ? readdirSync(versions)
      .toSorted((a, b) => Number(b) - Number(a))
      .map((version) => join(versions, version, 'bin'))[0]
  : undefined

/** Whether this machine has PostgreSQL. In continuous integration it must. */
export const hasPostgres: boolean = programs !== undefined || Boolean(process.env.CI)

const isRoot = userInfo().uid === 0

/** A PostgreSQL server of its own, in a temporary folder and on a free port. */
export class PostgresServer {
  readonly port: number
  readonly #root: string
  /** Connection of `values`, while there is one. */
  #client: Client | undefined
  /** Password of the user `evenstep`. */
  readonly password = 'a secret: 100% #1'

  private constructor(root: string, port: number) {
    this.#root = root
    this.port = port
  }

  /** Makes a server with a database `evenstep`, and starts it. @param settings settings of the server, as `name=value` */
  static async begin(settings: readonly string[] = []): Promise<PostgresServer> {
    const root = mkdtempSync(join(isRoot ? '/tmp' : tmpdir(), 'evenstep-postgres-')) // open to another user
    const server = new PostgresServer(root, await freePort())
    chmodSync(root, 0o755)
    const secret = join(root, 'password')
    writeFileSync(secret, server.password)
    if (isRoot) {
      const { uid, gid } = idsOf('postgres')
      for (const path of [root, secret]) chownSync(path, uid, gid)
    }
    const access = ['--auth=scram-sha-256', '--username=evenstep', `--pwfile=${secret}`]
    server.#run('initdb', '--pgdata', join(root, 'data'), '--no-sync', '--no-instructions', ...access)
    const own = [
      ...[`port=${server.port}`, `unix_socket_directories='${root}'`, "listen_addresses='127.0.0.1'"],
      ...['fsync=off', 'full_page_writes=off', 'max_connections=200', ...settings],
    ]
    server.#run('sh', '-c', `printf '%s\\n' "$@" >> '${join(root, 'data/postgresql.conf')}'`, 'sh', ...own)
    server.start()
    server.sql('postgres', 'CREATE DATABASE evenstep')
    return server
  }

  /** Connection string with the password, percent-encoded. */
  url(database: string = 'evenstep', user: string = 'evenstep', password: string = this.password): string {
    return `postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${this.port}/${database}`
  }

  /** Connection string without the password, as messages show it. */
  shown(database: string = 'evenstep', user: string = 'evenstep'): string {
    return `postgres://${user}@127.0.0.1:${this.port}/${database}`
  }

  /** Runs SQL statements, and returns the values they give, a line for each row. */
  sql(database: string, statements: string): string {
    const args = ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-h', '127.0.0.1', '-p', String(this.port)]
    const env = { ...process.env, PGPASSWORD: this.password }
    return execFileSync(
      join(programs!, 'psql'),
      [...args, '-U', 'evenstep', '-d', database, '-c', statements],
      {
        encoding: 'utf8',
        env,
      },
    ).trimEnd()
  }

  /**
   * Runs a query of one column in the database `evenstep` on a connection that stays open, and returns its values. For
   * queries that are repeated: the program that `sql` starts takes some 20 ms of CPU, and as much in the server.
   */
  async values(query: string): Promise<string[]> {
    try {
      return await this.#valuesNow(query)
    } catch (error) {
      const { code = '' } = error as { readonly code?: string }
      if (/^[0-9A-Z]{5}$/.test(code) && !code.startsWith('57')) throw error // the query is at fault
      return this.#valuesNow(query) // the server was killed since the last query
    }
  }

  async #valuesNow(query: string): Promise<string[]> {
    const client = this.#client ?? (await this.#connected())
    const { rows } = await client.query<[unknown]>({ text: query, rowMode: 'array' })
    return rows.map(([value]) => String(value))
  }

  async #connected(): Promise<Client> {
    const { default: pg } = await import('pg')
    const client = new pg.Client(this.url())
    const forget = (): void => {
      if (this.#client === client) this.#client = undefined
    }
    client.on('error', forget).on('end', forget)
    await client.connect()
    this.#client = client
    return client
  }

  start(): void {
    this.#run('pg_ctl', 'start', '--wait', '-D', join(this.#root, 'data'), '-l', join(this.#root, 'log'))
  }

  /** Stops the server as an administrator would, cutting all connections. */
  stop(mode: 'fast' | 'immediate' = 'fast'): void {
    this.#run('pg_ctl', 'stop', '--wait', '-D', join(this.#root, 'data'), '-m', mode)
  }

  /** Kills the server and all its processes with SIGKILL, and waits until they are gone. */
  async kill(): Promise<void> {
    const file = join(this.#root, 'data/postmaster.pid')
    const pid = Number(readFileSync(file, 'utf8').split('\n')[0])
    process.kill(pid, 'SIGSTOP') // it starts no further process
    const all = [...childrenOf(pid), pid]
    for (const one of all) process.kill(one, 'SIGKILL')
    while (all.some(isAlive)) await setTimeout(5)
    // Where nobody reaps processes, the number in these files still belongs to one.
    for (const held of [file, join(this.#root, `.s.PGSQL.${this.port}.lock`)]) rmSync(held)
  }

  /** Seconds of processor time that the server and all its processes have taken, also those that have ended. */
  get cpu(): number {
    const pid = Number(readFileSync(join(this.#root, 'data/postmaster.pid'), 'utf8').split('\n')[0])
    const ticks = (id: number, fields: number): number =>
      readFileSync(`/proc/${id}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ')
        .slice(11, 11 + fields)
        .reduce((sum, one) => sum + Number(one), 0)
    // Of the first process also those of its children that it has waited for.
    return childrenOf(pid).reduce((sum, child) => sum + ticks(child, 2), ticks(pid, 4)) / 100
  }

  /** Stops the server, and removes its folder. */
  end(): void {
    void this.#client?.end().catch(() => {})
    try {
      this.stop('immediate')
    } catch {} // it does not run
    rmSync(this.#root, { recursive: true, force: true })
  }

  /** Runs a program of PostgreSQL, which refuses to run as root. */
  #run(program: string, ...args: string[]): void {
    const path = program === 'sh' ? program : join(programs!, program)
    const [command, ...words] = isRoot ? ['runuser', '-u', 'postgres', '--', path, ...args] : [path, ...args]
    const { status, stderr } = spawnSync(command!, words, {
      encoding: 'utf8',
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    if (status === 0) return
    const log = join(this.#root, 'log')
    const said = existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(-9).join('\n') : ''
    throw new Error(`${program}: wanted success, got ${status}: ${stderr}${said}`)
  }
}

/** Whether a process exists and has not ended. */
function isAlive(pid: number): boolean {
  const stat = `/proc/${pid}/stat`
  try {
    return !/\) Z /.test(readFileSync(stat, 'utf8'))
  } catch {
    return false
  }
}

function idsOf(user: string): { readonly uid: number; readonly gid: number } {
  const id = (flag: string): number => Number(execFileSync('id', [flag, user], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { readonly port: number }
      server.close(() => resolve(port))
    })
  })
