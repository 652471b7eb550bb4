import { data, nn, ops, optim, train } from '../../dist/index.js'
import { classes, features, labels, lr } from '../nets.mjs'
import { serve } from './serve.mjs'

/** The size of MNIST. */
const examples = 60_000

const model = (sizes) =>
  new nn.Sequential(
    ...sizes.slice(1).flatMap((outputs, i) => {
      const linear = new nn.Linear(sizes[i], outputs)
      return i === sizes.length - 2 ? [linear] : [linear, new nn.ReLU(), new nn.BatchNorm1d(outputs)]
    }),
  )

const dataset = (n, size) => data.dataset({ x: features(n * size), y: labels(n), shape: [size], classes })

/** The program a user would write, with one task for all bursts, so that the graph is compiled once. */
async function prepare({ sizes, batch }) {
  const options = {
    data: { train: dataset(examples, sizes[0]), validation: dataset(batch, sizes[0]) },
    model: () => model(sizes),
    loss: ops.crossEntropy,
    optimizer: optim.sgd({ lr }),
    batchSize: batch,
  }
  const task = train.taskOf(train.experiment({ ...options, epochs: 1 }))
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

await serve({ version: 'this tree' }, prepare)
