import { execFileSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { repository } from './support/command.ts'

/** Whether the packages of a folder are those of its list. */
const isInstalled = (folder: string): boolean => {
  const [had, wanted] = ['node_modules/.package-lock.json', 'package-lock.json'].map((file) =>
    join(folder, file),
  )
  return existsSync(had!) && statSync(had!).mtimeMs >= statSync(wanted!).mtimeMs
}

test.skipIf(!process.env.CI)(
  'the site builds, and neither a link nor what axe looks for is wrong, in continuous integration',
  () => {
    const site = join(repository, 'site')
    const npm = (...args: readonly string[]): string =>
      execFileSync('npm', args, { cwd: site, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
    if (!isInstalled(site)) npm('ci', '--ignore-scripts', '--no-audit', '--no-fund')
    npm('run', 'build')
    expect(npm('run', '--silent', 'check')).toMatch(/^\d+ pages, 0 findings\n$/)
  },
)
