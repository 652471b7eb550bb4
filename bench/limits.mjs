// How long the products of a step would take alone, and what the other operators take: `npm run build && node
// bench/limits.mjs [--workloads A,B] [--rounds N]`. On one thread, in CPU time, which other work on the machine affects less
// than wall time. Products are those of matrices and the convolutions; at their limit, they run at the rate of a large
// product. Of each other operator, the shortest of its times in ONNX Runtime's profile counts.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { compile, data, ops, optim, train } from '../dist/index.js'
import { lossOf, modelOf } from './models.mjs'
import { emaDecay, examplesOf, momentum, rates, weightDecay, workloads } from './workloads.mjs'

const { values } = parseArgs({
  options: {
    workloads: { type: 'string', default: '1-D CNN,digits CNN,ResNet-20,GRU,LSTM,transformer' },
    rounds: { type: 'string', default: '12' },
  },
})
const rounds = Number(values.rounds)
const asked = values.workloads.split(',')
const chosen = workloads.filter(({ name }) => asked.some((one) => name.startsWith(one)))

const { InferenceSession } = createRequire(new URL('../dist/index.js', import.meta.url))('onnxruntime-node')
const folder = mkdtempSync(join(tmpdir(), 'evenstep-limits-'))
const { create } = InferenceSession

/** While `work` runs, new sessions record profiles; returns the events of the longest profile. */
async function profiled(work) {
  const sessions = []
  InferenceSession.create = async (model, options) => {
    const profileFilePrefix = join(folder, `${sessions.length}`)
    const session = await create.call(InferenceSession, model, {
      ...options,
      enableProfiling: true,
      profileFilePrefix,
    })
    sessions.push(session)
    return session
  }
  await work()
  InferenceSession.create = create
  for (const session of sessions) session.endProfiling()
  const files = readdirSync(folder).map((file) => join(folder, file))
  const texts = files.map((file) => readFileSync(file, 'utf8'))
  for (const file of files) rmSync(file)
  return JSON.parse(
    texts
      .sort((a, b) => b.length - a.length)[0]
      .trimEnd()
      .replace(/,$/, ''),
  )
}

const optimizers = {
  sgd: () => optim.sgd({ lr: rates.sgd }),
  momentum: () => optim.sgd({ lr: rates.momentum, momentum, weightDecay }),
  adamw: () => optim.adamw({ lr: rates.adamw }),
  'adamw+ema': () => optim.adamw({ lr: rates.adamw, average: { type: 'ema', decay: emaDecay } }),
}

/** Returns a function that trains some steps. */
function trainer(workload) {
  const { shape, labelled, classes, batch } = workload
  const all = data.dataset({
    ...examplesOf(workload),
    shape,
    classes,
    ...(labelled && { targetShape: shape }),
  })
  const { stacks } = data.loader(all, { batchSize: batch, seed: 0 })
  const optimizer = optimizers[workload.optimizer]()
  const task = new train.Task({ model: modelOf(workload), loss: lossOf, optimizer, data: all, threads: 1 })
  const steps = Math.min(16, Math.floor(all.length / batch))
  const [stack] = stacks(0, () => steps)
  return { steps, learn: () => task.learn(stack, batch) }
}

/** Least CPU time of a call in ms. */
async function least(call) {
  const times = []
  for (let i = 0; i < rounds; i++) {
    const before = process.cpuUsage()
    await call()
    const { user, system } = process.cpuUsage(before)
    times.push((user + system) / 1e3)
  }
  return Math.min(...times)
}

/** Billions of multiplications a second on one thread, in large products of matrices. */
async function fastest() {
  const [size, count] = [512, 16]
  const square = { shape: [size, size] }
  const step = await compile(
    { a: square, b: square },
    ({ a, b }) => {
      let y = a
      for (let i = 0; i < count; i++) y = ops.matmul(y, b)
      return { y }
    },
    { threads: 1 },
  )
  const values = new Float32Array(size * size).fill(1 / size)
  return (count * size ** 3) / 1e6 / (await least(() => step({ a: values, b: values })))
}

const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1)
const shapesOf = (list) => (list ?? []).map((one) => Object.values(one)[0])

/** Multiplications of a product; 0 for other operators. */
function multiplications({ op_name, input_type_shape, output_type_shape }) {
  const [a, b] = shapesOf(input_type_shape)
  const [y] = shapesOf(output_type_shape)
  if (op_name === 'Conv') return sizeOf(b.slice(1)) === 1 ? 0 : sizeOf(y) * sizeOf(b.slice(1))
  if (op_name === 'ConvTranspose') return sizeOf(a) * sizeOf(b.slice(1))
  if (!['Gemm', 'FusedGemm', 'MatMul', 'FusedMatMul'].includes(op_name) || a.length === 1) return 0
  const [ofA, ofB, ofY] = [a, b, y].map((shape) => sizeOf(shape.slice(-2)))
  return sizeOf(y) * Math.sqrt((ofA * ofB) / ofY)
}

const moves = ['Transpose', 'Reorder', 'Split', 'Concat', 'Slice', 'Pad', 'Gather', 'Reshape', 'Expand']

/** The products of a step, and the time of its other operators in ms. @param steps number of steps that were profiled */
function sumsOf(events, steps) {
  const nodes = new Map()
  for (const { cat, name, dur, args } of events) {
    if (cat !== 'Node' || !name.endsWith('_kernel_time') || ['Loop', 'Scan'].includes(args.op_name)) continue
    const known = nodes.get(name) ?? { args, dur, count: 0 }
    nodes.set(name, { args, dur: Math.min(known.dur, dur), count: known.count + 1 })
  }
  const sums = { products: 0, multiplications: 0, moving: 0, others: 0, count: 0 }
  for (const { args, dur, count } of nodes.values()) {
    const times = Math.round(count / steps) // more than one for a step of a sequence, 0 for what is computed before
    const work = multiplications(args)
    sums.multiplications += times * work
    if (work > 0) sums.products += times
    else {
      sums.count += times
      sums[moves.some((op) => args.op_name.startsWith(op)) ? 'moving' : 'others'] += (times * dur) / 1e3
    }
  }
  return sums
}

const row = (cells) => console.log(`| ${cells.join(' | ')} |`)
const ms = (value) => value.toPrecision(3)

const rate = await fastest()
console.log(`Large products: ${rate.toFixed(1)} billion multiplications a second.\n`)
row(['ms a step', 'products', 'their limit', 'other operators', 'moving', 'computing', 'step'])
row(['---', '--:', '--:', '--:', '--:', '--:', '--:'])
for (const workload of chosen) {
  const { steps, learn } = trainer(workload)
  await learn()
  const step = (await least(learn)) / steps
  const calls = Math.max(1, Math.ceil(24 / steps))
  const events = await profiled(async () => {
    const again = trainer(workload)
    for (let i = 0; i < calls; i++) await again.learn()
  })
  const sums = sumsOf(events, calls * steps)
  const limit = ms(sums.multiplications / 1e6 / rate)
  row([workload.name, sums.products, limit, sums.count, ms(sums.moving), ms(sums.others), ms(step)])
}
rmSync(folder, { recursive: true })
