import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const folder = join(import.meta.dirname, '../install-check')
/** The linters of packages, which `npm ci --prefix install-check` installs. */
const isSetUp = existsSync(join(folder, 'node_modules'))

test.skipIf(!isSetUp && !process.env.CI)(
  'a clone packs what installs without a flag, and then computes, type-checks and trains; where install-check is set up',
  { timeout: 600_000 },
  () => {
    const printed = execFileSync(process.execPath, [join(folder, 'run.mjs')], { encoding: 'utf8' })
    expect(printed).not.toContain('FAILED')
    expect(printed).toContain('ok     npx evenstep train on device cpu')
  },
)
