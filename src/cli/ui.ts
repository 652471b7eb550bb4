import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { platform } from 'node:os'
import { Command } from 'commander'
import { integer } from '../core/options.ts'
import { onFile } from '../disk/fault.ts'
import { numberOf } from './arguments.ts'
import { signals } from './interrupt.ts'
import { type Output, terminal } from './output.ts'

interface Options {
  readonly port?: number
  readonly host?: string
  readonly open?: true
}

/** `evenstep ui [FOLDER]`: shows the runs and studies in a folder in a browser, also while they train. */
export const uiCommand = (output: Output = terminal()): Command =>
  new Command('ui')
    .description('show the runs and studies in FOLDER in a browser, also while they train')
    .argument('[folder]', 'folder with runs and studies (default: runs, which is made if there is none)')
    .option('--port <n>', 'port of the server (default: 4177, or another that is free)', port)
    .option(
      '--host <address>',
      'address to listen on, for others too: they need the token that is printed',
      '127.0.0.1',
    )
    .option('--open', 'open the page in the browser')
    .action(async (given: string | undefined, { open, ...options }: Options) => {
      // Imported late, so that --help, which imports all commands, does without the server.
      const { servePages } = await import('../pages/server.ts')
      const folder = given ?? 'runs'
      if (given === undefined) onFile(folder, () => mkdirSync(folder, { recursive: true }))
      const server = await servePages(folder, options)
      output.write(`${folder} at ${server.address}\nCtrl-C ends it\n`)
      if (open) openInBrowser(server.address)
      await stopped()
      await server.close()
    })

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
