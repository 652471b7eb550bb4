// Trains a network with batch normalization, and takes the picture of its page while it trains for docs/ui.md:
// npm run pages && node scripts/ui-picture.mjs
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import sharp from 'sharp'

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'evenstep-picture-'))
const start = (...args) =>
  spawn(process.execPath, [at('dist/cli/main.js'), ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  })

const settings = [
  'epochs=120',
  'optimizer.lr=warmup 5% + cosine 0.5 to 0',
  'optimizer.momentum=0.9',
  'optimizer.weightDecay=0.001',
  'log={"batchNorm":true}',
]
const server = start('ui')
const address = /http:\S+/.exec(String((await once(server.stdout, 'data'))[0]))[0]
const training = start('train', at('examples/digits.ts'), ...settings.flatMap((one) => ['--set', one]))
training.stdout.resume()
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
const page = await browser.newPage({ viewport: { width: 1100, height: 1440 } })
await page.goto(address)
await page.getByRole('link', { name: 'digits-1' }).click({ timeout: 120_000 })
// The page sees some epochs at once: one that is named might never be shown.
await page.getByText(/^[6-9]\d epochs$/).waitFor({ timeout: 600_000 })
const picture = await page.screenshot()
await sharp(picture).png({ palette: true, colours: 48, effort: 10 }).toFile(at('docs/ui.png'))
await browser.close()
training.kill('SIGINT')
await once(training, 'close')
server.kill('SIGINT')
await once(server, 'close')
rmSync(folder, { recursive: true })
