import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ArgumentError } from '../core/errors.ts'
import { checkFolder } from '../core/mismatch.ts'
import { systemCode } from '../disk/fault.ts'
import { pathExists } from '../disk/inside.ts'
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
export async function servePages(
  folder: string,
  { port, host = '127.0.0.1' }: ServeOptions,
): Promise<PageServer> {
  checkFolder('ui', folder)
  if (!pathExists(folder))
    throw new ArgumentError(`ui: wanted a folder with runs, got ${folder}, which does not exist`)
  checkBuilt()
  const token = loopback.includes(host) ? undefined : randomBytes(16).toString('hex')
  const server = await listening(routes(folder, token), host, port ?? usual, port === undefined)
  const { port: own } = server.address() as AddressInfo
  const name = host.includes(':') ? `[${host}]` : host
  return {
    address: `http://${name}:${own}/${token === undefined ? '' : `?token=${token}`}`,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
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
