// Convolution, batch normalization and ResNet-20 against PyTorch on the same CPU, in turns.
//
//   npm run build && PYTHON=venv/bin/python node bench/convolution.mjs [case …] [--rounds 9] [--cpu]
//
// --cpu measures CPU time on one thread instead of wall time, which excludes waiting on a shared machine. Each
// round times every program once. Prints the median over rounds and, for both sides, the better of one and two
// threads. Without a Python that has torch, only our own times are printed.
import { spawn } from 'node:child_process'
import { availableParallelism, loadavg } from 'node:os'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { compile, nn, ops, optim } from '../dist/index.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '9' }, cpu: { type: 'boolean', default: false } },
})
const rounds = Number(values.rounds)

const random = (shape) =>
  Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => Math.random() - 0.5)
/** One row of a large result, so that everything is computed but little is copied. */
const row = (t) => ops.slice(t, [[0, 1]])

const convolution = (channels, size, batch) => async (threads) => {
  const shape = [batch, channels, size, size]
  const spec = { x: { shape }, dy: { shape }, w: { shape: [channels, channels, 3, 3] } }
  const step = await compile(
    spec,
    ({ x, dy, w }) => {
      const y = ops.conv2d(x, w, undefined, { padding: 1 })
      const [dx, dw] = y.grad(dy)
      return { y: row(y), dx: row(dx), dw }
    },
    { threads },
  )
  const feeds = Object.fromEntries(Object.entries(spec).map(([name, { shape }]) => [name, random(shape)]))
  return () => step(feeds)
}

const normalization = (shape) => async (threads) => {
  const c = [shape[1]]
  const spec = { x: { shape }, dy: { shape }, w: { shape: c }, b: { shape: c } }
  const step = await compile(
    spec,
    ({ x, dy, w, b }) => {
      const { y, mean, variance } = ops.batchNorm(x, w, b, 1e-5)
      const [dx, dw, db] = y.grad(dy)
      return { y: row(y), dx: row(dx), dw, db, mean, variance }
    },
    { threads },
  )
  const feeds = Object.fromEntries(Object.entries(spec).map(([name, { shape }]) => [name, random(shape)]))
  return () => step(feeds)
}

class Norm {
  bn
  constructor(channels) {
    this.bn = new nn.BatchNorm1d(channels)
  }
  forward(x, mode) {
    const [n, c, h, w] = x.shape
    return ops.reshape(this.bn.forward(ops.reshape(x, [n, c, h * w]), mode), x.shape)
  }
}

const conv = (from, to, stride) => new nn.Conv2d(from, to, 3, { stride, padding: 1, bias: false })

class Block {
  constructor(from, to, stride) {
    this.conv1 = conv(from, to, stride)
    this.bn1 = new Norm(to)
    this.conv2 = conv(to, to, 1)
    this.bn2 = new Norm(to)
    this.grow = to - from
    this.stride = stride
  }
  forward(x, mode) {
    const h = ops.relu(this.bn1.forward(this.conv1.forward(x), mode))
    return ops.relu(ops.add(this.bn2.forward(this.conv2.forward(h), mode), this.shortcut(x)))
  }
  // He et al. 2016, option A: subsample every second position and pad with zero channels.
  shortcut(x) {
    if (this.stride === 1) return x
    const thin = ops.slice(x, [[], [], [undefined, undefined, 2], [undefined, undefined, 2]])
    return ops.pad(thin, [
      [0, 0],
      [this.grow / 2, this.grow / 2],
      [0, 0],
      [0, 0],
    ])
  }
}

export class ResNet20 {
  constructor() {
    this.conv = conv(3, 16, 1)
    this.bn = new Norm(16)
    const widths = [16, 16, 16, 32, 32, 32, 64, 64, 64]
    this.layers = widths.map(
      (to, i) => new Block(widths[i - 1] ?? 16, to, to > (widths[i - 1] ?? 16) ? 2 : 1),
    )
    this.fc = new nn.Linear(64, 10)
  }
  forward(x, mode) {
    const stem = ops.relu(this.bn.forward(this.conv.forward(x), mode))
    const deep = this.layers.reduce((h, layer) => layer.forward(h, mode), stem)
    return this.fc.forward(ops.mean(deep, [2, 3]))
  }
}

const resnet = (batch) => async (threads) => {
  const model = nn.initialize(new ResNet20(), 0)
  const optimizer = optim.sgd({ lr: 0.01, momentum: 0.9, weightDecay: 1e-4 }).attach(nn.variables(model))
  const step = await compile(
    { x: { shape: [batch, 3, 32, 32] }, y: { shape: [batch], dtype: 'int32' } },
    ({ x, y }) => {
      const loss = ops.crossEntropy(model.forward(x, 'train'), y)
      optimizer.minimize(loss)
      return { loss }
    },
    { threads },
  )
  const feeds = { x: random([batch, 3, 32, 32]), y: Int32Array.from({ length: batch }, (_, i) => i % 10) }
  return () => step(feeds)
}

const cases = {
  'conv 64→64 32×32 batch 32': convolution(64, 32, 32),
  'conv 256→256 8×8 batch 32': convolution(256, 8, 32),
  'conv 16→16 32×32 batch 32': convolution(16, 32, 32),
  'BN [32, 64, 32, 32]': normalization([32, 64, 32, 32]),
  'ResNet-20 batch 128': resnet(128),
}

/** A Python process that times the case named in each line and answers with milliseconds. */
function peer() {
  const script = fileURLToPath(new URL('torch_convolution.py', import.meta.url))
  const child = spawn(process.env.PYTHON ?? 'python3', [script], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  child.on('error', () => {})
  child.stdin.on('error', () => {})
  return {
    ask: async (question) => {
      child.stdin.write(`${question}\n`)
      const { value, done } = await lines.next()
      return done ? Number.NaN : Number(value)
    },
    end: () => child.stdin.end(),
  }
}

const median = (times) => times.toSorted((a, b) => a - b)[times.length >> 1]

const clock = () => {
  if (!values.cpu) return performance.now()
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e3
}

async function timed(run, repeats) {
  const times = []
  for (let i = 0; i < repeats; i++) {
    const start = clock()
    await run()
    times.push(clock() - start)
  }
  return median(times)
}

const torch = peer()
const threadCounts = values.cpu ? [1] : [1, 2].filter((n) => n <= availableParallelism())
console.log(`${rounds} rounds, load ${loadavg().map((n) => n.toFixed(1))}; ms, median (least)`)
for (const [name, make] of Object.entries(cases)) {
  if (positionals.length > 0 && !positionals.some((part) => name.includes(part))) continue
  const repeats = name.startsWith('ResNet') ? 1 : 3
  const ours = await Promise.all(threadCounts.map(make))
  for (const run of ours) await run()
  const times = { ours: threadCounts.map(() => []), torch: threadCounts.map(() => []) }
  for (let round = 0; round < rounds; round++) {
    for (const [i, threads] of threadCounts.entries()) {
      times.ours[i].push(await timed(ours[i], repeats))
      times.torch[i].push(await torch.ask(JSON.stringify({ name, threads, repeats, cpu: values.cpu })))
    }
  }
  const best = (side) => Math.min(...times[side].map(median))
  const show = (side) =>
    times[side]
      .map((t, i) => `${threadCounts[i]}t ${median(t).toFixed(2)} (${Math.min(...t).toFixed(2)})`)
      .join('  ')
  const ratio = (best('torch') / best('ours')).toFixed(2)
  console.log(`${name.padEnd(28)} ours ${show('ours')}   torch ${show('torch')}   ratio ${ratio}`)
}
console.log(`load ${loadavg().map((n) => n.toFixed(1))}`)
torch.end()
