import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, expect, test } from 'vitest'
import { hasChromium } from './support/browser.ts'
import { quickly, repository } from './support/command.ts'

const run = promisify(execFile)

const folders = ['bundle-check', 'runtime-check']

beforeAll(async () => {
  const lacking = process.env.CI ? folders.filter((name) => !isInstalled(name)) : []
  const args = ['ci', '--prefer-offline', '--no-audit', '--no-fund']
  await Promise.all(lacking.map((name) => run('npm', [...args, '--prefix', join(repository, name)])))
}, 300_000)

/** Runs a check in a package of its own; returns what it prints. */
async function checked(name: string): Promise<string> {
  const env = { ...process.env, TMPDIR: undefined }
  const file = join(repository, name, 'run.mjs')
  const { stdout, stderr } = await run(process.execPath, [...quickly, file], { env }).catch(
    (failed: { stdout: string; stderr: string }) => failed,
  )
  return `${stdout}${stderr}`
}

const isInstalled = (name: string): boolean =>
  existsSync(join(repository, name, 'node_modules/.package-lock.json'))
const isSkipped = (name: string): boolean => !isInstalled(name) && !process.env.CI

test.skipIf(isSkipped('bundle-check') || !hasChromium)(
  'Vite, webpack, esbuild and Rollup bundle a page that trains in Chromium as Node.js does, where bundle-check is installed',
  async () => {
    const printed = await checked('bundle-check')
    expect(printed).not.toContain('FAILED')
    expect(printed.match(/^ok .*trains as in Node\.js/gm)).toHaveLength(5)
    expect(printed).toMatch(/^ok {5}parse\.js/m)
  },
)

test.skipIf(isSkipped('runtime-check'))(
  'Deno and Bun train to the bits of Node.js on every device, where runtime-check is installed',
  async () => {
    const printed = await checked('runtime-check')
    expect(printed).not.toContain('FAILED')
    expect(printed.match(/^ok /gm)).toHaveLength(6)
  },
)
