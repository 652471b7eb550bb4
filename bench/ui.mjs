// Measures `evenstep ui`: how fast it shows many long runs, its memory, how soon a step is seen, and how much it slows the
// training that it watches. Needs `npm run build`, `npm run pages` and Chromium.
//
//   node bench/ui.mjs [--runs 500] [--steps 100000] [--pairs 5] [--only list|watched]
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { chromium } from 'playwright-core'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '500' },
    steps: { type: 'string', default: '100000' },
    pairs: { type: 'string', default: '5' },
    only: { type: 'string' },
  },
})
const [runs, steps, pairs] = [values.runs, values.steps, values.pairs].map(Number)
const root = fileURLToPath(new URL('..', import.meta.url))
const main = join(root, 'dist/cli/main.js')
const folder = mkdtempSync(join(tmpdir(), 'evenstep-bench-ui-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

const say = (what, value) => console.log(`${what.padEnd(64)} ${value}`)
const milliseconds = (value) => `${Math.round(value)} ms`
const median = (all) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)]

/** Starts `evenstep ui`; returns its address, its process and the milliseconds that it took to listen. */
async function start(at) {
  const begun = performance.now()
  const child = spawn(process.execPath, [main, 'ui', at], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [text] = await once(child.stdout, 'data')
  return { child, address: /http:\S+/.exec(String(text))[0], took: performance.now() - begun }
}

async function stop({ child }) {
  child.kill('SIGINT')
  await once(child, 'exit')
}

/** Yields the messages of a stream of events with the time of each. */
async function* messages(address) {
  const gone = new AbortController()
  const response = await fetch(address, { signal: gone.signal })
  const decoder = new TextDecoder()
  let text = ''
  try {
    for await (const piece of response.body) {
      text += decoder.decode(piece, { stream: true })
      const parts = text.split('\n\n')
      text = parts.pop()
      for (const part of parts) yield [performance.now(), JSON.parse(part.replace(/^data: /, ''))]
    }
  } finally {
    gone.abort()
  }
}

/** Greatest memory that a process has had, in MB; on Linux. */
const memoryOf = ({ child }) =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]) / 1024

/** Milliseconds that a process has used of a core, which Linux counts in hundredths of a second. */
const processorOf = ({ child }) =>
  readFileSync(`/proc/${child.pid}/stat`, 'utf8')
    .split(') ')[1]
    .split(' ')
    .slice(11, 13)
    .reduce((sum, ticks) => sum + 10 * Number(ticks), 0)

/** Seconds that the main thread of a page has worked. */
async function taskTimeOf(session) {
  const { metrics } = await session.send('Performance.getMetrics')
  return metrics.find(({ name }) => name === 'TaskDuration').value
}

/** Shares of a core that the server, and the main thread of the page, used while it was watched. */
const [shares, pageShares] = [[], []]

/** Writes runs as `evenstep train` does, with an epoch every thousand steps. */
function writeRuns(at) {
  const lines = [JSON.stringify({ type: 'start', stepsPerEpoch: 1000, steps, parameters: 11_310 })]
  let seed = 1
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed / 2_147_483_647
  }
  for (let step = 0; step < steps; step++) {
    const loss = 2.3 * Math.exp(-step / 2e4) + 0.3 * random()
    lines.push(JSON.stringify({ type: 'step', epoch: Math.floor(step / 1000), step, loss, lr: 0.1 }))
    if (step % 1000 !== 999) continue
    const time = { seconds: 0.5, stepsPerSecond: 2000 }
    const losses = { trainLoss: loss, validationLoss: loss + 0.1 * random() }
    lines.push(
      JSON.stringify({
        type: 'epoch',
        epoch: (step - 999) / 1000,
        steps: step + 1,
        ...losses,
        lr: 0.1,
        time,
      }),
    )
  }
  const text = `${lines.join('\n')}\n`
  for (let i = 0; i < runs; i++) {
    const own = join(at, `run-${i + 1}`)
    mkdirSync(own, { recursive: true })
    const lr = 10 ** (-3 + (3 * (i % 25)) / 25)
    const optimizer = { type: 'sgd', lr, momentum: 0.9 }
    const description = { name: 'run', batchSize: 64, seed: i, monitor: 'validationLoss', steps, optimizer }
    writeFileSync(
      join(own, 'run.json'),
      JSON.stringify({ ...description, model: { 'fc.weight': [10, 100] } }),
    )
    writeFileSync(join(own, 'events.jsonl'), text)
  }
  return text.length
}

async function measureList(browser) {
  const at = join(folder, 'many')
  const bytes = writeRuns(at)
  say('runs, steps of each, size of all logs', `${runs}, ${steps}, ${((runs * bytes) / 1e9).toFixed(1)} GB`)
  const server = await start(at)
  say('start of the command until it listens', milliseconds(server.took))
  for await (const [time, { runs: rows }] of messagesFrom(`${server.address}api/list`)) {
    say('list of all runs, from the request on', `${milliseconds(time)} (${rows.length} rows)`)
    break
  }
  const page = await browser.newPage()
  const files = []
  page.on('response', (response) => /\/$|\.(js|css)$/.test(response.url()) && files.push(response.body()))
  const begun = performance.now()
  await page.goto(server.address)
  await page
    .locator('tbody tr')
    .nth(runs - 1)
    .waitFor()
  say('list drawn in the page, from opening it on', milliseconds(performance.now() - begun))
  say('first contentful paint of the page', milliseconds(await firstPaint(page)))
  const size = (await Promise.all(files)).reduce((sum, body) => sum + gzipSync(body).length, 0)
  say('page, scripts and styles, compressed', `${(size / 1e3).toFixed(1)} kB in ${files.length} files`)
  for await (const [time, view] of messagesFrom(`${server.address}api/run?id=run-1`)) {
    if (view.steps < steps) continue
    say('curves of a run, from the request on', milliseconds(time))
    break
  }
  await new Promise((resolve) => setTimeout(resolve, 30_000)) // reads the rest of all logs for their best epochs
  say(
    'memory of the server after reading all logs for their best epochs',
    `${Math.round(memoryOf(server))} MB`,
  )
  await measureUpdate(server, page, at)
  const some = Array.from({ length: 20 }, (_, i) => `id=run-${i + 1}`).join('&')
  for await (const [time] of messagesFrom(`${server.address}api/compare?${some}`)) {
    say('20 runs compared, from the request on', milliseconds(time))
    break
  }
  say('memory of the server at most', `${Math.round(memoryOf(server))} MB`)
  await page.close()
  await stop(server)
  rmSync(at, { recursive: true })
}

async function* messagesFrom(address) {
  const begun = performance.now()
  for await (const [time, view] of messages(address)) yield [time - begun, view]
}

const firstPaint = (page) =>
  page.evaluate(
    () =>
      new Promise((resolve) => {
        new PerformanceObserver((list) => {
          const entry = list.getEntriesByName('first-contentful-paint')[0]
          if (entry) resolve(entry.startTime)
        }).observe({ type: 'paint', buffered: true })
      }),
  )

/** Appends a step to a run, and waits until the page shows it. */
async function measureUpdate({ address }, page, at) {
  await page.goto(`${address}#/run?id=run-2`)
  await page.getByText(`${steps.toLocaleString('en')} of`).waitFor()
  const took = []
  for (let i = 0; i < 9; i++) {
    const line = { type: 'step', epoch: 100, step: steps + i, loss: 0.5, lr: 0.1 }
    const begun = performance.now()
    appendFileSync(join(at, 'run-2/events.jsonl'), `${JSON.stringify(line)}\n`)
    await page.getByText(`${(steps + i + 1).toLocaleString('en')} of`).waitFor()
    took.push(performance.now() - begun)
    await new Promise((resolve) => setTimeout(resolve, 300 + 100 * i))
  }
  say(
    'a step in the log until the page shows it: median, greatest',
    `${milliseconds(median(took))}, ${milliseconds(Math.max(...took))}`,
  )
}

/** Steps per second of a training run, alone or while a page shows its curves. */
async function trained(at, name, browser) {
  const args = [
    main,
    'train',
    join(root, 'examples/digits.ts'),
    '--set',
    'epochs=30',
    '--out',
    join(at, name),
    '--json',
  ]
  if (!browser) return speedOf(execFileSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 1e9 }))
  const server = await start(at)
  const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } })
  await page.goto(server.address)
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.on('data', (piece) => (text += piece))
  await page.getByRole('link', { name }).click()
  await page.getByText('running', { exact: true }).waitFor()
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable')
  const [begun, before, drawn] = [performance.now(), processorOf(server), await taskTimeOf(session)]
  await once(child, 'close')
  pageShares.push((1e3 * ((await taskTimeOf(session)) - drawn)) / (performance.now() - begun))
  shares.push((processorOf(server) - before) / (performance.now() - begun))
  await page.close()
  await stop(server)
  return speedOf(text)
}

/** Median over the epochs, of which the first ones are left out. */
const speedOf = (text) =>
  median(
    text
      .split('\n')
      .filter((line) => line.startsWith('{"type":"epoch"'))
      .slice(5) // by when the page is open
      .map((line) => JSON.parse(line).time.stepsPerSecond),
  )

async function measureWatched(browser) {
  const at = join(folder, 'watched')
  mkdirSync(at)
  const ratios = []
  for (let i = 0; i < pairs; i++) {
    const order = i % 2 === 0 ? [false, true] : [true, false]
    const speeds = {}
    for (const isWatched of order)
      speeds[isWatched] = await trained(at, `run-${i}-${isWatched}`, isWatched && browser)
    ratios.push(speeds.true / speeds.false)
    say(
      `steps per second alone, watched (pair ${i + 1})`,
      `${Math.round(speeds.false)}, ${Math.round(speeds.true)}`,
    )
  }
  say('speed while watched, of that alone: median', median(ratios).toFixed(3))
  say('share of a core that the server uses meanwhile: median', `${(100 * median(shares)).toFixed(1)} %`)
  say(
    'share of a core that the main thread of the page uses: median',
    `${(100 * median(pageShares)).toFixed(1)} %`,
  )
}

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
if (values.only !== 'watched') await measureList(browser)
if (values.only !== 'list') await measureWatched(browser)
await browser.close()
