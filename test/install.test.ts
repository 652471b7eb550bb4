import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const folder = join(import.meta.dirname, '../install-check')
const isSetUp = existsSync(join(folder, 'node_modules'))

test.skipIf(!isSetUp && !process.env.CI)(
  'a clone packs what installs without a flag, type-checks and trains, where install-check is installed',
  { timeout: 600_000 },
  () => {
    if (!isSetUp) execFileSync('npm', ['ci', '--prefix', folder, '--prefer-offline'], { stdio: 'pipe' })
    const { stdout, stderr, status } = spawnSync(process.execPath, [join(folder, 'run.mjs')], {
      encoding: 'utf8',
    })
    expect(`${stdout}${stderr}`).not.toContain('FAILED')
    expect(stdout).toContain('ok     npx evenstep train on device cpu')
    expect(status).toBe(0)
  },
)
