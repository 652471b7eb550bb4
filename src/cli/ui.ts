import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { platform } from 'node:os'
import { Command } from 'commander'
import { ArgumentError } from '../core/errors.ts'
import { integer } from '../core/options.ts'
import { onFile } from '../disk/fault.ts'
import type { PageServer } from '../pages/server.ts'
import { numberOf } from './arguments.ts'
import { signals } from './interrupt.ts'
import { type Output, terminal } from './output.ts'
import { databaseOption } from './worker.ts'

interface Options {
  readonly database?: string
  readonly port?: number
  readonly host?: string
  readonly open?: true
}

/** `evenstep ui [FOLDER]`: shows the runs and studies in a folder in a browser, also while they train. */
export const uiCommand = (output: Output = terminal()): Command =>
  new Command('ui')
    .description('show the runs and studies in FOLDER, or in a database, in a browser, also while they train')
    .argument('[folder]', 'folder with runs and studies (default: runs, which is made if there is none)')
    .addOption(databaseOption())
    .option('--port <n>', 'port of the server (default: 4177, or another that is free)', port)
    .option(
      '--host <address>',
      'address to listen on, for others too: they need the token that is printed',
      '127.0.0.1',
    )
    .option('--open', 'open the page in the browser')
    .action(async (folder: string | undefined, { open, ...options }: Options) => {
      const server = await begun(folder, options)
      output.write(`${server.shown} at ${server.address}\nCtrl-C ends it\n`)
      if (open) openInBrowser(server.address)
      await stopped()
      await server.close()
    })

async function begun(given: string | undefined, { database, ...options }: Options): Promise<PageServer> {
  if (given !== undefined && database !== undefined)
    throw new ArgumentError(
      `ui: wanted a folder or --database, got both (${given}); start one command for each`,
    )
  // Imported late, so that --help, which imports all commands, does without the server.
  const { serveDatabase, serveFolder } = await import('../pages/server.ts')
  if (database !== undefined) return serveDatabase(database, options)
  const folder = given ?? 'runs'
  if (given === undefined) onFile(folder, () => mkdirSync(folder, { recursive: true }))
  return serveFolder(folder, options)
}

const port = numberOf(integer({ min: 1, limit: 65_535 }))

/** Resolves after a signal that asks the process to end. */
async function stopped(): Promise<void> {
  const interrupt = signals.begin()
  await new Promise((resolve) => interrupt.signal.addEventListener('abort', resolve))
  interrupt.stop()
}

/** Commands that open an address in the browser, by platform. */
const openers: Readonly<Record<string, readonly string[]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
}

function openInBrowser(address: string): void {
  const [command, ...args] = openers[platform()] ?? ['xdg-open']
  const child = spawn(command!, [...args, address], { stdio: 'ignore', detached: true })
  child.on('error', () => {}) // the address is printed
  child.unref()
}
