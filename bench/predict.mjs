/**
 * Seconds and peak memory of `evenstep predict` on a CSV file of 1,000,000 rows of 20 columns and a label:
 * `npm run build && node bench/predict.mjs [ROWS]`. With `--mixed`, 5 of the columns are categories, read by
 * `data.table`. The network is 20-64-2 with batch normalization.
 *
 * CPU seconds are those of the command alone; those of the whole, and its wall time, depend on the machine's load.
 */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { data, nn, ops, optim, train } from '../dist/index.js'
import { load, machine } from './machine.mjs'

const isMixed = process.argv.includes('--mixed')
const rows = Number(process.argv.slice(2).find((argument) => argument !== '--mixed') ?? 1_000_000)
const folder = mkdtempSync(join(tmpdir(), 'evenstep-bench-predict-'))
const at = (name) => join(folder, name)
const columns = 20
const categories = isMixed ? 5 : 0

let seed = 1
const random = () => {
  seed = (seed * 48271) % 2147483647
  return seed / 2147483647
}

function row() {
  const cells = []
  let score = 0
  for (let i = 0; i < columns; i++) {
    const value = random() * 10 - 5
    score += value * ((i % 3) - 1)
    cells.push(i < categories ? `city ${Math.round(value + 5)}` : value.toFixed(4))
  }
  return `${cells.join()},${score > 0 ? 'yes' : 'no'}\n`
}

async function write(path, count) {
  const file = createWriteStream(path)
  file.write(`${Array.from({ length: columns }, (_, i) => `f${i}`).join()},kind\n`)
  for (let left = count; left > 0; left -= 5000) {
    let text = ''
    for (let i = Math.min(left, 5000); i > 0; i--) text += row()
    if (!file.write(text)) await once(file, 'drain')
  }
  file.end()
  await once(file, 'finish')
}

async function lines(path) {
  let count = 0
  for await (const piece of createReadStream(path)) for (const byte of piece) if (byte === 10) count++
  return count
}

async function trainRun() {
  await write(at('train.csv'), 2000)
  const all = isMixed
    ? await data.table(at('train.csv'), { label: 'kind' })
    : data.csv(at('train.csv'), { label: 'kind' })
  const parts = data.split(all, { validation: 0.2 })
  const split = isMixed ? parts : data.normalize(parts, { per: 'feature' })
  const model = () => {
    const input = new nn.TabularInput(split.train)
    const layers = [
      new nn.Linear(input.features, 64),
      new nn.BatchNorm1d(64),
      new nn.ReLU(),
      new nn.Linear(64, 2),
    ]
    return new nn.Sequential(input, ...layers)
  }
  const optimizer = optim.sgd({ lr: 0.1 })
  const experiment = train.experiment({
    data: split,
    model,
    loss: ops.crossEntropy,
    optimizer,
    batchSize: 32,
    epochs: 1,
  })
  const run = new train.RunFolder(at('run'), experiment)
  for await (const _ of run.events());
  run.close()
}

await trainRun()
await write(at('rows.csv'), rows)
const measured = `process.on('exit', () => {
  const { user, system } = process.cpuUsage()
  console.error(JSON.stringify({ cpu: (user + system) / 1e6, peak: process.resourceUsage().maxRSS / 1024 }))
})`
const hook = ['--import', `data:text/javascript,${encodeURIComponent(measured)}`]
const main = join(import.meta.dirname, '../dist/cli/main.js')
const command = [main, 'predict', at('run'), at('rows.csv'), '--out', at('out.csv')]
const begun = performance.now()
const { status, stderr } = spawnSync(process.execPath, [...hook, ...command], { encoding: 'utf8' })
const seconds = (performance.now() - begun) / 1000
if (status !== 0) throw new Error(stderr)
const { cpu, peak } = JSON.parse(stderr.trim().split('\n').at(-1))
const written = (await lines(at('out.csv'))) - 1
rmSync(folder, { recursive: true })
const figures = {
  rows: written,
  seconds: +seconds.toFixed(1),
  cpuSeconds: +cpu.toFixed(1),
  peakMB: Math.round(peak),
}
console.log(JSON.stringify({ ...figures, mixed: isMixed, load: load(), ...machine() }))
