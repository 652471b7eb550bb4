import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'

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
} {
  const folder = mkdtempSync(join(tmpdir(), name))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const evenstep = (...args: string[]): Promise<Outcome> =>
    new Promise((resolve) => {
      execFile(process.execPath, [main, ...args], { cwd: folder }, (error, out, err) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, out, err })
      })
    })
  return { folder, evenstep }
}
