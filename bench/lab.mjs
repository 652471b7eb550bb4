// Measures the lab in Chromium: `npm run build && npm ci --prefix pages && node bench/lab.mjs`. Prints how soon the page
// answers, on a warm cache; how many steps a second each of two nets 100-100-10 takes in one tab; and how many frames a
// second the page draws meanwhile.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { cpus, loadavg, tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const root = fileURLToPath(new URL('..', import.meta.url))
const site = join(root, 'dist/pages')
execFileSync('npm', ['--prefix', 'pages', 'run', 'build'], {
  cwd: root,
  stdio: 'ignore',
})

const types = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
}
const server = createServer(({ url }, response) => {
  const file = join(site, new URL(url, 'http://localhost').pathname)
  if (!existsSync(file) || !extname(file)) return response.writeHead(404).end()
  const caching = extname(file) === '.html' ? 'no-cache' : 'max-age=31536000, immutable'
  response.writeHead(200, {
    'content-type': types[extname(file)] ?? 'application/octet-stream',
    'cache-control': caching,
  })
  response.end(readFileSync(file))
}).listen(0)
const profile = mkdtempSync(join(tmpdir(), 'evenstep-lab-'))
const browser = await chromium.launchPersistentContext(profile, {
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox'],
  viewport: { width: 1280, height: 900 },
})
const net = "{'width':100},{'width':100,'normalization':'none'}"
const address = `http://localhost:${server.address().port}/lab/index.html#{'steps':STEPS,'nets':[${net}]}`

async function opened(steps) {
  const page = await browser.newPage()
  page.setDefaultTimeout(300_000) // on a busy machine
  const begun = performance.now()
  await page.goto(address.replace('STEPS', steps))
  await page.getByRole('button', { name: 'Train', exact: true }).click({ trial: true }) // waits until it can be pressed
  return { page, ms: performance.now() - begun }
}

/** Counts the frames of a page until `isOver` says so. */
const watch = (page) =>
  page.evaluate(
    () =>
      new Promise((resolve) => {
        const begun = performance.now()
        let [frames, longest, before] = [0, 0, begun]
        const tick = (now) => {
          frames++
          longest = Math.max(longest, now - before)
          before = now
          const isOver = !document.querySelector('.transport').textContent.includes('Pause')
          if (!isOver) return requestAnimationFrame(tick)
          resolve({ fps: (1000 * frames) / (now - begun), longest, seconds: (now - begun) / 1000 })
        }
        requestAnimationFrame(tick)
      }),
  )

console.log(
  `${cpus().length} cores, load ${loadavg()[0].toFixed(1)}: measure on a machine that does nothing else`,
)
const { page: first } = await opened(100)
await first.getByRole('button', { name: 'Train', exact: true }).click()
await first.getByText('100 steps').first().waitFor() // everything is in the cache now
await first.close()

const loads = []
for (let i = 0; i < 5; i++) {
  const { page, ms } = await opened(100)
  loads.push(ms)
  await page.close()
}
console.log(`interactive on a warm cache: ${Math.round(loads.sort((a, b) => a - b)[2])} ms (median of 5)`)

const { page } = await opened(process.env.STEPS ?? 20_000)
await page.getByRole('button', { name: 'Train', exact: true }).click()
await page
  .getByText(/[1-9],\d{3} steps/)
  .first()
  .waitFor() // data and graphs are there
const { fps, longest, seconds } = await watch(page)
const texts = await page.locator('.progress li').allTextContents()
for (const text of texts) console.log(text.trim())
console.log(
  `charts: ${fps.toFixed(0)} frames a second over ${seconds.toFixed(1)} s, the longest ${longest.toFixed(0)} ms`,
)
await browser.close()
server.close()
rmSync(profile, { recursive: true, force: true })
