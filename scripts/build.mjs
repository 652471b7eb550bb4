// Builds `dist`: types by tsc, which also checks them, and the code by rolldown, bundled into few files so that a command
// starts in half the time. The packages it depends on stay outside.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')
const entries = ['index', 'schedule/index', 'cli/main', 'data/thread-worker']

const tsc = join(root, 'node_modules/typescript/bin/tsc')
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' })

const bundle = await rolldown({
  input: Object.fromEntries(entries.map((name) => [name, join(root, `src/${name}.ts`)])),
  external: /^[^./]/,
  platform: 'node',
})
const stale = existsSync(dist)
  ? readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'))
  : []
const { output } = await bundle.write({
  dir: dist,
  format: 'esm',
  keepNames: true, // runs are identified by the names of their losses
  entryFileNames: '[name].js',
  chunkFileNames: 'chunk-[name].js', // in `dist` itself, as src/package-folder.ts relies on
})
const written = new Set(output.map(({ fileName }) => fileName))
for (const file of stale) if (!written.has(file.replaceAll('\\', '/'))) rmSync(join(dist, file))
