import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect } from 'vitest'

export const repository: string = fileURLToPath(new URL('../..', import.meta.url))

/** The built command. */
export const main: string = join(repository, 'dist/cli/main.js')

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
      execFile(process.execPath, args, { cwd: folder }, (error, out, err) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, out, err })
      })
    })
  const together = async (...commands: (readonly string[])[]): Promise<Outcome[]> => {
    const { out, err } = await node(join(import.meta.dirname, 'commands.mjs'), main, JSON.stringify(commands))
    expect(err).toBe('')
    return JSON.parse(out)
  }
  return { folder, evenstep: (...args) => node(main, ...args), together }
}
