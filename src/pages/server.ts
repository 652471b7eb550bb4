import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ArgumentError } from '../core/errors.ts'
import { checkFolder } from '../core/mismatch.ts'
import { systemCode } from '../disk/fault.ts'
import { pathExists } from '../disk/inside.ts'
import { FolderSource } from './folder-source.ts'
import type { PageSource } from './page-source.ts'
import { routes } from './routes.ts'
import { checkBuilt } from './site.ts'

/** Where a server listens. */
export interface ServeOptions {
  /** @default a free port, if possible 4177 */
  readonly port?: number | undefined
  /** Address of this machine. Another one than a loopback address makes a token necessary. @default 127.0.0.1 */
  readonly host?: string | undefined
}

/** A server of pages that is listening. */
export interface PageServer {
  /** What is served: the path of a folder, or the address of a database without its password. */
  readonly shown: string
  /** Address to open in a browser, with the token if there is one. */
  readonly address: string
  close(): Promise<void>
}

const usual = 4177

const loopback = ['127.0.0.1', 'localhost', '::1']

/**
 * Serves pages of the runs and studies in a folder.
 *
 * @throws {ArgumentError} when there is no such folder, the port is in use, or the pages are not built.
 */
export async function serveFolder(folder: string, options: ServeOptions): Promise<PageServer> {
  checkFolder('ui', folder)
  if (!pathExists(folder))
    throw new ArgumentError(`ui: wanted a folder with runs, got ${folder}, which does not exist`)
  checkBuilt()
  return serve(new FolderSource(folder), folder, options)
}

/**
 * Serves pages of the studies in a PostgreSQL database, of which nothing is changed.
 *
 * @param url connection string, such as `postgres://user@host/database`
 * @throws {ArgumentError} when the server refuses, the port is in use, or the pages are not built.
 * @throws {MachineError} when no server answers.
 */
export async function serveDatabase(url: string, options: ServeOptions): Promise<PageServer> {
  checkBuilt()
  // Imported late: whoever watches a folder needs no database.
  const { WatchedDatabase } = await import('../study/shared/watched-database.ts')
  const { DatabaseSource } = await import('./database-source.ts')
  const database = await WatchedDatabase.open(url)
  return serve(new DatabaseSource(database), database.shown, options)
}

async function serve(
  source: PageSource,
  shown: string,
  { port, host = '127.0.0.1' }: ServeOptions,
): Promise<PageServer> {
  const token = loopback.includes(host) ? undefined : randomBytes(16).toString('hex')
  const server = await listening(routes(source, token), host, port ?? usual, port === undefined).catch(
    async (error) => {
      await source.close()
      throw error
    },
  )
  const { port: own } = server.address() as AddressInfo
  const name = host.includes(':') ? `[${host}]` : host
  return {
    shown,
    address: `http://${name}:${own}/${token === undefined ? '' : `?token=${token}`}`,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
      await source.close()
    },
  }
}

async function listening(
  app: ReturnType<typeof routes>,
  host: string,
  port: number,
  isAny: boolean,
): Promise<Server> {
  const { createAdaptorServer } = await import('@hono/node-server')
  const server = createAdaptorServer({ fetch: app.fetch }) as Server
  server.listen(port, host)
  try {
    await once(server, 'listening')
    return server
  } catch (error) {
    if (systemCode(error) !== 'EADDRINUSE') throw error
    if (isAny) return listening(app, host, 0, false)
    throw new ArgumentError(
      `ui: wanted a free port, got ${port}, which is in use; choose another with --port`,
    )
  }
}
