/**
 * Cost of checking indices and labels, as a share of a training step: `npx jiti bench/ranges.mjs`.
 *
 * Times, in turn, a call of 64 training steps (which includes the check), and 20 repetitions of its check alone.
 * Prints the medians of 30 turns, per step.
 */
import { data, nn, ops, optim } from '../src/index.ts'
import { compile } from '../src/runtime/compile.ts'
import { feedsOf } from '../src/runtime/feeds.ts'
import { rangeChecks } from '../src/runtime/ranges.ts'
import { median } from './statistics.mjs'

const [steps, turns, repetitions] = [64, 30, 20]

async function measure(name, dataset, model, batch) {
  nn.initialize(model, 0)
  const optimizer = optim.sgd({ lr: 0.01 }).attach(nn.variables(model))
  const whole = ({ dtype, shape }) => ({ dtype, shape: [dataset.length, ...shape], fixed: true })
  const inputs = {
    x: whole(dataset.x),
    y: whole(dataset.y),
    rows: { shape: [batch], dtype: 'int32' },
  }
  const step = await compile(
    inputs,
    ({ x, y, rows }) => {
      const loss = ops.crossEntropy(
        model.forward(ops.indexSelect(x, 0, rows), 'train'),
        ops.indexSelect(y, 0, rows),
      )
      optimizer.minimize(loss)
      return { loss }
    },
    { loop: true },
  )
  const rows = Int32Array.from({ length: steps * batch }, (_, i) => (i * 7919) % dataset.length)
  const feeds = { x: dataset.x.data, y: dataset.y.data, rows }
  const { before } = rangeChecks(step.traced)
  const values = feedsOf(step.traced, feeds, 0, true)
  const [whole_, check] = [[], []]
  for (let turn = 0; turn < turns; turn++) {
    let begun = performance.now()
    await step(feeds)
    whole_.push((1e3 * (performance.now() - begun)) / steps)
    begun = performance.now()
    for (let i = 0; i < repetitions; i++) before(values, { step: 0, loop: true })
    check.push((1e3 * (performance.now() - begun)) / steps / repetitions)
  }
  const [all, own] = [median(whole_), median(check)]
  console.log(
    `${name}: ${all.toFixed(1)} µs a step, of which the check takes ${own.toFixed(3)} µs, ${((100 * own) / all).toFixed(2)} %`,
  )
}

const digits = data.digits10x10().train
await measure(
  'digits MLP, batch 32',
  digits,
  new nn.Sequential(new nn.Linear(100, 100), new nn.ReLU(), new nn.Linear(100, 10)),
  32,
)
await measure('digits, one layer, batch 32', digits, new nn.Sequential(new nn.Linear(100, 10)), 32)
const names = data.nextCharacter(data.names(), { context: 3 })
const embedded = (hidden) =>
  new nn.Sequential(
    new nn.Embedding(names.classes, 10),
    new nn.Flatten(),
    new nn.Linear(30, hidden),
    new nn.Tanh(),
    new nn.Linear(hidden, names.classes),
  )
await measure('names MLP with embedding, batch 128', names, embedded(200), 128)
await measure('names MLP with embedding, batch 32', names, embedded(32), 32)
