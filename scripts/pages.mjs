// Builds the pages of `evenstep ui` into dist/pages if one of their sources is newer; installs what builds them before, in
// pages/node_modules, if that is missing or older than its list of packages.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const at = (...path) => join(root, ...path)
const dateOf = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0)

const newestIn = (folder) =>
  Math.max(
    ...readdirSync(folder, { withFileTypes: true })
      .filter(({ name }) => name !== 'node_modules')
      .map((entry) => {
        const path = join(folder, entry.name)
        return entry.isDirectory() ? newestIn(path) : dateOf(path)
      }),
  )

const npm = (what, ...args) => {
  console.error(`evenstep: ${what} …`)
  const options = { cwd: at('pages'), stdio: ['ignore', 2, 2], shell: process.platform === 'win32' }
  execFileSync('npm', args, options)
}

if (dateOf(at('pages/node_modules/.package-lock.json')) < dateOf(at('pages/package-lock.json')))
  npm('installing what builds the pages', 'ci', '--no-audit', '--no-fund', '--dry-run=false', '--json=false')

// Pages bundle the library, of which dist/browser has the sources.
const sources = Math.max(newestIn(at('pages')), dateOf(at('dist/index.js')))
if (dateOf(at('dist/pages/ui/index.html')) < sources) npm('building the pages', 'run', '--silent', 'build')
