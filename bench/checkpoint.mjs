/**
 * What checkpoints cost:
 *
 *     npm run build && node bench/checkpoint.mjs [--folder DIR] [--rounds N] [--pairs N] [--nets A,B]
 *
 * First, a state of 100 MB is written and read back with checksums, and compared with a plain write and
 * `fsync`. Then training with a checkpoint every 200 steps is compared with training without, in alternating
 * turns. Prints medians. The folder should be on the disk that runs will use.
 */
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { data, nn, ops, optim, train, Variable } from '../dist/index.js'
import { load, machine } from './machine.mjs'
import { median } from './statistics.mjs'

const nets = [
  { name: '100-100-10', sizes: [100, 100, 10], batch: 64 },
  { name: '784-512-512-10', sizes: [784, 512, 512, 10], batch: 128 },
]
const [lr, classes] = [0.1, 10]

/** Returns features with mean 0 and standard deviation 1. */
const features = (n) => Float32Array.from({ length: n }, () => (2 * Math.random() - 1) * Math.sqrt(3))

/** Returns labels that do not depend on the features. */
const labels = (n) => Int32Array.from({ length: n }, () => Math.floor(Math.random() * classes))

const { values: asked } = parseArgs({
  options: {
    folder: { type: 'string', default: tmpdir() },
    rounds: { type: 'string', default: '7' },
    pairs: { type: 'string', default: '9' },
    nets: { type: 'string', default: '100-100-10,784-512-512-10' },
  },
})
const root = mkdtempSync(join(asked.folder, 'evenstep-bench-'))

async function timed(body) {
  const start = performance.now()
  await body()
  return performance.now() - start
}

const megabytes = 100
/** Elements per tensor: five tensors of a model and five of its optimizer, 10 MB each. */
const numbers = (megabytes * 1e6) / 10 / 4

function tensors() {
  const make = () => {
    const variable = new Variable([numbers / 1000, 1000])
    variable.data = features(numbers)
    return variable
  }
  const five = (name) => new Map(Array.from({ length: 5 }, (_, i) => [`${name}.${i}`, make()]))
  return { model: five('weight'), optimizer: five('momentum') }
}

/** Writes the same bytes to two files in the simplest way. */
function plain(folder, { model, optimizer }) {
  for (const [name, variables] of Object.entries({ model, optimizer })) {
    const file = openSync(join(folder, name), 'w')
    for (const { data } of variables.values()) writeSync(file, data)
    fsyncSync(file)
    closeSync(file)
  }
}

async function state() {
  const written = tensors()
  const read = tensors()
  const times = { plain: [], write: [], verify: [] }
  for (let round = 0; round < Number(asked.rounds); round++) {
    const folder = mkdtempSync(join(root, 'state-'))
    const path = join(folder, 'step-1')
    times.plain.push(await timed(() => plain(folder, written)))
    times.write.push(
      await timed(() => train.writeCheckpoint(path, written, { progress: round, fingerprint: 'bench' })),
    )
    times.verify.push(await timed(() => train.readCheckpoint(path, read, 'bench')))
    rmSync(folder, { recursive: true })
  }
  const speed = (name, ms) =>
    console.log(
      `${name.padEnd(28)} ${ms.toFixed(0).padStart(5)} ms ${((1e3 * megabytes) / ms).toFixed(0).padStart(6)} MB/s`,
    )
  console.log(`a state of ${megabytes} MB, median of ${asked.rounds}`)
  speed('plain write and fsync', median(times.plain))
  speed('checkpoint', median(times.write))
  speed('read back and compared', median(times.verify))
  speed('both', median(times.write.map((ms, i) => ms + times.verify[i])))
}

const model = (sizes) =>
  new nn.Sequential(
    ...sizes.slice(1).flatMap((outputs, i) => {
      const linear = new nn.Linear(sizes[i], outputs)
      return i === sizes.length - 2 ? [linear] : [linear, new nn.ReLU(), new nn.BatchNorm1d(outputs)]
    }),
  )

let checkpoints = 0
const { save } = train.Checkpoints.prototype
train.Checkpoints.prototype.save = function (...given) {
  checkpoints++
  return save.apply(this, given)
}

/** Milliseconds per step, from the first call to the end of the run, including the last checkpoint. */
async function stepTime(options, everySteps) {
  const folder = join(mkdtempSync(join(root, 'run-')), 'run')
  const experiment = train.experiment({ ...options, ...(everySteps && { checkpoints: { everySteps } }) })
  const run = new train.RunFolder(folder, experiment)
  let [start, first] = [0, 0]
  for await (const event of run.events()) {
    if (event.type !== 'steps' || start > 0) continue
    start = performance.now()
    first = event.losses.length
  }
  const ms = performance.now() - start
  run.close()
  rmSync(folder, { recursive: true })
  return ms / (run.task.steps - first)
}

/** Compares runs of about two seconds with and without checkpoints. */
async function training({ name, sizes, batch }, examples, epochs) {
  const dataset = (n) => data.dataset({ x: features(n * sizes[0]), y: labels(n), shape: [sizes[0]], classes })
  const options = {
    data: { train: dataset(examples), validation: dataset(batch) },
    model: () => model(sizes),
    loss: ops.crossEntropy,
    optimizer: optim.sgd({ lr, momentum: 0.9 }),
    batchSize: batch,
    epochs,
  }
  await stepTime(options)
  const times = { without: [], with: [] }
  const count = { without: 0, with: 0 }
  for (let pair = 0; pair < Number(asked.pairs); pair++) {
    for (const which of pair % 2 === 0 ? ['without', 'with'] : ['with', 'without']) {
      checkpoints = 0
      times[which].push(await stepTime(options, which === 'with' ? 200 : undefined))
      count[which] += checkpoints
    }
  }
  const micro = (list) => (1e3 * median(list)).toFixed(1)
  const slower = median(times.with.map((ms, i) => ms / times.without[i])) - 1
  const each = (which) => `${(count[which] / asked.pairs).toFixed(1)} checkpoints`
  const steps = epochs * Math.floor(examples / batch)
  console.log(
    `${name}, batch ${batch}, ${steps} steps: ${micro(times.without)} µs a step with ${each('without')}, ` +
      `${micro(times.with)} µs with ${each('with')}: ${(100 * slower).toFixed(1)} % slower`,
  )
}

try {
  console.log(JSON.stringify({ machine: machine(), load: load() }))
  await state()
  console.log(`a checkpoint every 200 steps against none but at epoch ends, median of ${asked.pairs} pairs`)
  // Enough examples for a run of about two seconds.
  const examples = { '100-100-10': 500_000, '784-512-512-10': 60_000 }
  for (const net of nets)
    if (asked.nets.split(',').includes(net.name)) await training(net, examples[net.name], 2)
} finally {
  rmSync(root, { recursive: true })
}
