// Bundles a page that trains a network, runs it in Chromium, and compares its losses with those of Node.js to the bit.
// Prints a line for each bundler with the JavaScript that the page loaded, gzipped; the exit status is 1 if one fails.
//
//   npm ci && npm start           all bundlers
//   npm start -- Vite esbuild     some of them
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { bundlers, scriptOf } from './bundle.mjs'
import { linkPackage } from './link.mjs'

linkPackage(import.meta.dirname)
const { losses } = await import('./net.js')

const { chromium } = createRequire(join(import.meta.dirname, '../package.json'))('playwright-core')

/** Most bytes of gzipped JavaScript of the page that trains, and of one that only has a schedule, by Vite. */
const most = { page: 95_000, schedule: 12_000 }

const folder = mkdtempSync(join(tmpdir(), 'evenstep-bundlers-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const gzipped = (code) => gzipSync(code, { level: 9 }).length
const kilobytes = (bytes) => `${(bytes / 1e3).toFixed(1)} kB`

const asked = process.argv.slice(2)
// All at once: some bundlers have threads of their own, others only this one.
const started = Object.entries(bundlers)
  .filter(([name]) => asked.length === 0 || asked.includes(name))
  .map(([name, bundle]) => [name, bundle(join(folder, name))])
const small = ['schedule.js', 'parse.js'].map((file) => [file, scriptOf(file)])
for (const [, bundled] of [...started, ...small]) bundled.catch(() => {}) // `check` reports it
// WebAssembly is compiled once: to optimize it takes longer than the pages train.
const [wanted, browser] = await Promise.all([
  losses('wasm'),
  chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--js-flags=--liftoff-only'],
  }),
])
try {
  for (const [name, bundled] of started)
    await check(name, async () => {
      const size = await runs(join(folder, name), await bundled)
      if (name === 'Vite') assert.ok(size <= most.page, `wanted ${most.page} bytes at most, got ${size}`)
      const form = ['Rollup', 'webpack'].includes(name) ? ', not minified' : ''
      return `trains as in Node.js; ${kilobytes(size)} of JavaScript${form}`
    })
  for (const [file, script] of small)
    await check(file, async () => {
      const size = gzipped(await script)
      assert.ok(size <= most.schedule, `wanted ${most.schedule} bytes at most, got ${size}`)
      return kilobytes(size)
    })
} finally {
  await browser.close()
}

async function check(name, body) {
  try {
    console.log(`ok     ${name}: ${await body()}`)
  } catch (error) {
    process.exitCode = 1
    console.log(`FAILED ${name}: ${error.message}`)
  }
}

/** Opens a bundled page and compares its losses; returns the bytes of gzipped JavaScript that it loaded. */
async function runs(out, script) {
  const types = {
    '.html': 'text/html',
    '.js': 'text/javascript',
    '.mjs': 'text/javascript',
    '.wasm': 'application/wasm',
  }
  const page = `<!doctype html><title>page</title><script type="module" src="/${script}"></script>`
  let size = 0
  const server = createServer(({ url }, response) => {
    const file = join(out, url === '/' ? 'index.html' : url)
    const body = script && url === '/' ? page : existsSync(file) ? readFileSync(file) : undefined
    if (/\.m?js$/.test(url) && body) size += gzipped(body)
    response.setHeader('content-type', types[url === '/' ? '.html' : extname(url)] ?? 'text/plain')
    response.statusCode = body === undefined ? 404 : 200
    response.end(body)
  }).listen(0)
  const tab = await browser.newPage()
  try {
    await tab.goto(`http://localhost:${server.address().port}/`)
    assert.deepEqual(await tab.evaluate('trained'), wanted)
    return size
  } finally {
    await tab.close()
    server.close()
  }
}
