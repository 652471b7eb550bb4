// What logging, clipping and averaging add to a training step of the article's network: `npm run build && node
// bench/log.mjs`. All variants train in turn in one process, 400 steps a call. The figures are medians of CPU time, which
// other work on the machine affects less than wall time.
import { parseArgs } from 'node:util'
import { data, optim, train } from '../dist/index.js'
import { lossOf, modelOf } from './models.mjs'
import { median } from './statistics.mjs'
import { examplesOf, rates, workloads } from './workloads.mjs'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '61' }, optimizer: { type: 'string', default: 'sgd' } },
})
const lr = rates[values.optimizer]
const clip = { norm: 1 }
const variants = {
  plain: [{ lr }],
  gradientNorm: [{ lr }, { gradientNorm: true }],
  batchNorm: [{ lr }, { batchNorm: true }],
  both: [{ lr }, { gradientNorm: true, batchNorm: true }],
  clip: [{ lr, clip }],
  'clip and gradientNorm': [{ lr, clip }, { gradientNorm: true }],
  ema: [{ lr, average: { type: 'ema', decay: 0.999 } }],
}

const workload = workloads.find(({ name }) => name === '100-100-10 with SGD')
const { shape, classes, batch } = workload
const examples = data.dataset({ ...examplesOf(workload), shape, classes })
const steps = 400
const [stack] = data.loader(examples, { batchSize: batch, seed: 0 }).stacks(0, () => steps)

/** Returns a function that trains and returns the CPU time of a step in µs. */
function start([options, log = {}]) {
  const optimizer = optim[values.optimizer](options)
  const task = new train.Task({
    model: modelOf(workload),
    loss: lossOf,
    optimizer,
    data: examples,
    log,
    threads: 1,
  })
  return async () => {
    const { user } = process.cpuUsage()
    await task.learn(stack, batch)
    return (process.cpuUsage().user - user) / steps
  }
}

const turns = Object.entries(variants).map(([name, variant]) => ({ name, call: start(variant), times: [] }))
for (const { call } of [...turns, ...turns]) await call()
for (let round = 0; round < Number(values.rounds); round++) {
  for (const { call, times } of round % 2 === 0 ? turns : turns.toReversed()) times.push(await call())
}
const [{ times: plain }] = turns
for (const { name, times } of turns) {
  const more = (median(times.map((time, round) => time / plain[round])) - 1) * 100
  console.log(
    `${name}: ${median(times).toFixed(1)} µs a step (least ${Math.min(...times).toFixed(1)}), ${more.toFixed(1)} % more than plain`,
  )
}
