import { compile, data, ops, optim, train } from '../../dist/index.js'
import { lossOf, modelOf } from '../models.mjs'
import { emaDecay, momentum, numbers, rates, weightDecay } from '../workloads.mjs'
import { device, serve } from './serve.mjs'

const optimizers = {
  sgd: () => optim.sgd({ lr: rates.sgd }),
  momentum: () => optim.sgd({ lr: rates.momentum, momentum, weightDecay }),
  adamw: () => optim.adamw({ lr: rates.adamw }),
  'adamw+ema': () => optim.adamw({ lr: rates.adamw, average: { type: 'ema', decay: emaDecay } }),
}

/** The program a user would write, with one task for all bursts, so that the graph is compiled once. */
async function prepare(workload, { x, y }) {
  if (workload.model.type === 'convolution') return convolution(workload, x)
  const { shape, labelled, classes, batch, examples, measure } = workload
  const all = data.dataset({ x, y, shape, classes, ...(labelled && { targetShape: shape }) })
  const options = {
    data: { train: all, validation: data.subset(all, [...new Array(batch).keys()]) },
    model: () => modelOf(workload),
    loss: lossOf,
    optimizer: optimizers[workload.optimizer](),
    batchSize: batch,
    ...(device && { device }),
  }
  const task = train.taskOf(train.experiment({ ...options, epochs: 1 }))
  if (measure === 'evaluate') return (steps) => evaluated(task, all, batch, steps)
  const perEpoch = Math.floor(examples / batch)
  return (steps) => burst(train.experiment({ ...options, epochs: 1 + Math.ceil(steps / perEpoch) }), task)
}

/**
 * Wall time of a run's epochs after the first, as its consumer sees it. The time up to each `steps` event
 * contains the shuffle, the assembly of batches, the graph and the event itself; the time up to an `epoch`
 * event contains the evaluation and is excluded.
 */
async function burst(experiment, task) {
  const sum = { ms: 0, steps: 0, loss: 0 }
  let last = 0
  for await (const event of train.run(experiment, { task })) {
    const now = performance.now()
    if (event.type === 'steps' && event.epoch > 0) {
      sum.ms += now - last
      sum.steps += event.losses.length
      sum.loss = event.losses[event.losses.length - 1]
    }
    last = performance.now()
  }
  return sum
}

/** Evaluates all examples until at least `steps` batches were. */
async function evaluated(task, all, batch, steps) {
  const perPass = Math.ceil(all.length / batch)
  const passes = Math.ceil(steps / perPass)
  const start = performance.now()
  let loss = 0
  for (let i = 0; i < passes; i++) loss = (await task.evaluate(all, { batchSize: batch })).loss
  return { ms: performance.now() - start, steps: passes * perPass, loss }
}

/** One convolution with both gradients, and no layer around it. Of large results, one row is returned. */
async function convolution({ model: { channels }, batch, shape }, x) {
  const draw = numbers(2)
  const random = (n) => Float32Array.from({ length: n }, () => draw() - 0.5)
  const whole = [batch, ...shape]
  const specs = { x: { shape: whole }, dy: { shape: whole }, w: { shape: [channels, channels, 3, 3] } }
  const row = (t) => ops.slice(t, [[0, 1]])
  const step = await compile(specs, ({ x, dy, w }) => {
    const y = ops.conv2d(x, w, undefined, { padding: 1 })
    const [dx, dw] = y.grad(dy)
    return { y: row(y), dx: row(dx), dw }
  })
  const feeds = { x, dy: random(x.length), w: random(channels * channels * 9) }
  return async (steps) => {
    for (let i = 0; i < steps / 10; i++) await step(feeds)
    const start = performance.now()
    for (let i = 0; i < steps; i++) await step(feeds)
    return { ms: performance.now() - start, steps, loss: 0 }
  }
}

await serve({ version: 'this tree', ...(device && { backend: device }) }, prepare)
