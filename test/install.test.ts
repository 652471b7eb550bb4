import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const folder = join(import.meta.dirname, '../install-check')
const run = promisify(execFile)
const isSetUp = existsSync(join(folder, 'node_modules'))

test.skipIf(!isSetUp && !process.env.CI)(
  'a clone packs what installs without a flag, type-checks and trains, where install-check is installed',
  { timeout: 600_000 },
  async () => {
    if (!isSetUp) await run('npm', ['ci', '--prefix', folder, '--prefer-offline'])
    // On a disk: what it installs is large, and Linux may run no programs from a folder in memory.
    const env = { ...process.env, TMPDIR: undefined }
    const { stdout, stderr, code } = await run(process.execPath, [join(folder, 'run.mjs')], { env }).then(
      (done) => ({ ...done, code: 0 }),
      (failed: { stdout: string; stderr: string; code: unknown }) => failed,
    )
    expect(`${stdout}${stderr}`).not.toContain('FAILED')
    expect(stdout).toContain('ok     npx evenstep train on device cpu')
    expect(code).toBe(0)
  },
)
