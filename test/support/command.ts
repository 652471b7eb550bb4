import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect } from 'vitest'

export const repository: string = fileURLToPath(new URL('../..', import.meta.url))

/** The built command. */
export const main: string = join(repository, 'dist/cli/main.js')

/** A script that runs commands one after another in one process: `together MAIN LISTS-OF-ARGUMENTS`. */
export const together: string = join(import.meta.dirname, 'commands.mjs')

/**
 * Arguments of Node.js for commands that may train on WebAssembly: V8 compiles that once, by its fast compiler. To compile it
 * again, optimized, takes 2 s of CPU, more than short trainings gain. Results are the same to the bit.
 */
export const quickly: readonly string[] = ['--liftoff-only']

/** What a command printed and gave. */
export interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** A folder that is empty at first and removed after the tests, and the built command run in it, as a user would. */
export function commandIn(name: string): {
  readonly folder: string
  readonly evenstep: (...args: string[]) => Promise<Outcome>
  /** Runs quick commands one after another in one process. */
  readonly together: (...commands: (readonly string[])[]) => Promise<Outcome[]>
} {
  const folder = mkdtempSync(join(tmpdir(), name))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const node = (...args: string[]): Promise<Outcome> =>
    new Promise((resolve) => {
      execFile(process.execPath, [...quickly, ...args], { cwd: folder }, (error, out, err) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, out, err })
      })
    })
  return {
    folder,
    evenstep: (...args) => node(main, ...args),
    together: async (...commands) => {
      const { out, err } = await node(together, main, JSON.stringify(commands))
      expect(err).toBe('')
      return JSON.parse(out)
    },
  }
}
