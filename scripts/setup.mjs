// Prepares a clone: installs the packages in package-lock.json, and builds `dist` if a source or a package is newer.
// If everything is up to date, it only compares dates.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const at = (...path) => join(root, ...path)
const dateOf = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0)

/** The latest modification time of a file below `folder` that is part of the build. */
const newestIn = (folder) =>
  Math.max(
    ...readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
      .map((entry) => dateOf(join(entry.parentPath ?? entry.path, entry.name))),
  )

const npm = (what, ...args) => {
  console.error(`evenstep: ${what} …`)
  try {
    execFileSync('npm', args, { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' })
  } catch {
    console.error(`evenstep: ${what} failed; see what npm says above`)
    process.exit(1)
  }
}

if (dateOf(at('node_modules/.package-lock.json')) < dateOf(at('package-lock.json'))) {
  // Flags of `npm publish --dry-run --json` would reach it by the environment.
  npm('installing', 'ci', '--no-audit', '--no-fund', '--dry-run=false', '--json=false')
}

const built = dateOf(at('dist/index.js'))
const sources = Math.max(
  newestIn(at('src')),
  ...['tsconfig.json', 'tsconfig.build.json', 'scripts/build.mjs', 'package-lock.json'].map((file) =>
    dateOf(at(file)),
  ),
)
if (built < sources) npm('building', 'run', '--silent', 'build')
