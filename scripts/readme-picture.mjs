// Trains examples/digits.ts with and without batch normalization, with two schedules, and draws docs/digits.svg:
// npm run build && node scripts/readme-picture.mjs
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'evenstep-picture-'))
const evenstep = (...args) =>
  execFileSync(process.execPath, [at('dist/cli/main.js'), ...args], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  })

const schedules = { cosine: 'warmup 5% + cosine 1 to 0', constant: '1' }
const names = ['batch', 'none'].flatMap((normalization) =>
  Object.entries(schedules).map(([name, schedule]) => {
    const run = `${normalization === 'batch' ? 'BN' : 'no BN'}, ${name}`
    const settings = [`normalization=${normalization}`, `optimizer.lr=${schedule}`, 'epochs=10']
    evenstep('train', at('examples/digits.ts'), '--out', run, ...settings.flatMap((one) => ['--set', one]))
    return run
  }),
)
evenstep('plot', ...names, '--metric', 'validationLoss', '--svg', at('docs/digits.svg'))
rmSync(folder, { recursive: true })
