// Times training in Chromium, each library in a worker of one page, in turns. docs/benchmarks.md says what is timed.
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright-core'
import { rolldown } from 'rolldown'
import { load, machine } from '../machine.mjs'
import { setup } from '../setup.mjs'
import { ratioOf, round, summary } from '../statistics.mjs'
import { workloads } from '../workloads.mjs'

const here = import.meta.dirname
const root = join(here, '../..')
const contenders = [
  { name: 'Evenstep, WASM', script: 'evenstep', device: 'wasm' },
  { name: 'jax-js, WASM', script: 'jax', device: 'wasm' },
  { name: 'TensorFlow.js, WASM', script: 'tfjs', device: 'wasm' },
  { name: 'TensorFlow.js, WebGL', script: 'tfjs', device: 'webgl' },
]

const { values: asked } = parseArgs({
  options: {
    rounds: { type: 'string', default: '9' },
    burst: { type: 'string', default: '500' },
    workload: { type: 'string', default: workloads[0].name },
  },
})

/** Resolves what contenders import to what a browser has. */
const inBrowser = {
  name: 'in-browser',
  resolveId(id, importer) {
    if (id === './serve.mjs') return join(here, 'serve.mjs')
    if (id.endsWith('/dist/index.js')) return join(root, 'dist/browser/index.js')
    if (/^@(jax-js|tensorflow)\//.test(id) && !importer?.includes('node_modules'))
      return this.resolve(id, join(here, 'run.mjs'), { skipSelf: true })
    return null
  },
}

/** Bundles the workers; returns the files by name. */
async function bundled() {
  const files = new Map()
  const inputs = ['evenstep', 'jax', 'tfjs'].map((name) => [name, join(here, `../contenders/${name}.mjs`)])
  const own = ['first-step', 'digits', 'frames', 'frames-worker'].map((name) => [
    name,
    join(here, `${name}.mjs`),
  ])
  for (const [name, input] of [...inputs, ...own]) {
    const bundle = await rolldown({
      input: { [name]: input },
      platform: 'browser',
      plugins: [inBrowser],
      logLevel: 'silent',
    })
    const { output } = await bundle.generate({
      format: 'esm',
      entryFileNames: '[name].js',
      chunkFileNames: `${name}-[name].js`,
      minify: true,
    })
    for (const file of output) if (file.type === 'chunk') files.set(file.fileName, file.code)
    await bundle.close()
  }
  return files
}

const folders = [
  join(root, 'node_modules/onnxruntime-web/dist'),
  join(here, 'node_modules/@tensorflow/tfjs-backend-wasm/dist'),
  join(root, 'assets'),
]
const types = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm' }

/** Serves the workers and the `.wasm` files, to be kept in the cache. */
function serving(scripts) {
  return createServer((request, response) => {
    const name = request.url.slice(1)
    const file = folders
      .map((folder) => join(folder, name))
      .find((path) => /^[\w.-]+$/.test(name) && existsSync(path))
    const body = name === '' ? '<!doctype html>' : (scripts.get(name) ?? (file && readFileSync(file)))
    response.setHeader('content-type', types[extname(name)] ?? 'text/html')
    response.setHeader('cache-control', 'max-age=3600')
    response.statusCode = body === undefined ? 404 : 200
    response.end(body)
  }).listen(0)
}

/** Starts a worker in a page, and waits for its first message. */
const start = (page, index, { script, device }) =>
  page.evaluate(
    ([index, script, device]) =>
      new Promise((resolve, reject) => {
        const worker = new Worker(`/${script}.js`, { type: 'module', name: device })
        globalThis[`worker${index}`] = worker
        worker.onmessage = ({ data }) => resolve(data)
        worker.onerror = ({ message }) => reject(new Error(message))
      }),
    [index, script, device],
  )

/** Trains a number of steps in a worker. */
async function train(page, index, workload, steps) {
  const answer = await page.evaluate(
    ([index, workload, steps]) =>
      new Promise((resolve) => {
        const worker = globalThis[`worker${index}`]
        worker.onmessage = ({ data }) => resolve(data)
        worker.postMessage({ workload, steps })
      }),
    [index, workload, steps],
  )
  if (answer.error) throw new Error(answer.error)
  return (answer.ms * 1e3) / answer.steps
}

/** Times all contenders in bursts, in turns; the order rotates from round to round. */
async function compare(page, workload) {
  const steps = []
  for (const [i, contender] of contenders.entries()) {
    const about = await start(page, i, contender)
    if (about.backend && about.backend !== contender.device)
      throw new Error(`${contender.name}: got ${about.backend}`)
    for (const few of [3, 3, 20])
      steps[i] = Math.ceil((asked.burst * 1e3) / (await train(page, i, workload, few)))
  }
  const times = contenders.map(() => [])
  for (let k = 0; k < asked.rounds; k++)
    for (let j = 0; j < contenders.length; j++) {
      const i = (j + k) % contenders.length
      times[i].push(await train(page, i, workload, steps[i]))
    }
  return times
}

/** Seconds of CPU that all of Chromium's processes have used. */
async function cpuSeconds(session) {
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0)
}

/**
 * Loads a page, and waits for what its worker says once it has taken a step or learnt the digits.
 *
 * @returns its message, milliseconds since the load began, and those of CPU in all of Chromium's processes
 */
async function loaded(page, session, origin, script) {
  const before = await cpuSeconds(session)
  await page.goto(origin)
  const message = await start(page, 0, { script, device: 'wasm' })
  const ms = await page.evaluate(() => performance.now())
  return { message, ms, cpu: ((await cpuSeconds(session)) - before) * 1e3 }
}

/** Trains for 10 s in a worker; returns the milliseconds between two frames of the page, in ascending order. */
async function frameGaps(page, origin) {
  await page.goto(origin)
  const { between } = await page.evaluate(() => import('/frames.js').then(({ gaps }) => gaps(10)))
  return between.sort((a, b) => a - b)
}

async function main() {
  const workload = workloads.find(({ name }) => name === asked.workload)
  if (!workload) throw new Error(`--workload: wanted one of ${workloads.map(({ name }) => name).join('; ')}`)
  setup(here)
  const server = serving(await bundled())
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  })
  try {
    const origin = `http://localhost:${server.address().port}/`
    const page = await browser.newPage()
    page.setDefaultTimeout(300_000)
    const session = await browser.newBrowserCDPSession()
    await loaded(page, session, origin, 'first-step') // fills the cache
    const loads = []
    for (let i = 0; i < 5; i++) loads.push(await loaded(page, session, origin, 'first-step'))
    const learnt = await loaded(page, session, origin, 'digits')
    const gaps = await frameGaps(page, origin)
    await page.goto(origin)
    const times = await compare(page, workload)
    console.log(`Chromium ${browser.version()}, ${JSON.stringify(machine())}, load ${load()}`)
    const of = (name) => JSON.stringify(summary(loads.map((one) => one[name])))
    console.log(`first step after load, warm cache: ${of('ms')} ms, of CPU ${of('cpu')} ms`)
    const { accuracy, epochs } = learnt.message
    const [took, cpu] = [learnt.ms, learnt.cpu].map((ms) => (ms / 1e3).toFixed(1))
    console.log(
      `digits: ${(accuracy * 100).toFixed(2)} % after ${epochs} epochs, ${took} s after load, ${cpu} s of CPU`,
    )
    const gapAt = (part) => gaps[Math.ceil(part * gaps.length) - 1].toFixed(1)
    const shown = `median ${gapAt(0.5)}, 99th percentile ${gapAt(0.99)}, longest ${gapAt(1)}`
    console.log(
      `milliseconds between two frames while a worker trains for 10 s: ${shown} of ${gaps.length}\n`,
    )
    console.log(
      `| ${workload.name} | µs a step: median | least | most | times Evenstep's, 95 % |\n| - | - | - | - | - |`,
    )
    for (const [i, { name }] of contenders.entries()) {
      const { median, min, max } = summary(times[i])
      const { mean, low, high } = ratioOf(times[i], times[0])
      const ratio = i === 0 ? '1' : `${[mean, low, high].map((x) => x.toFixed(2)).join(' ')}`
      console.log(`| ${name} | ${round(median)} | ${round(min)} | ${round(max)} | ${ratio} |`)
    }
  } finally {
    await browser.close()
    server.close()
  }
}

await main()
