// Trains one step in a worker, and tells the page when it is done.
import { data, optim, train } from '../../dist/index.js'
import { lossOf, modelOf } from '../models.mjs'
import { examplesOf, rates, workloads } from '../workloads.mjs'

const [workload] = workloads
const { shape, classes, batch } = workload
const examples = 4 * batch
const all = data.dataset({ ...examplesOf({ ...workload, examples }), shape, classes })
const task = new train.Task({
  model: modelOf(workload),
  loss: lossOf,
  optimizer: optim.sgd({ lr: rates.sgd }),
  data: all,
})
const [first] = data.loader(all, { batchSize: batch, seed: 0 }).batches(0)
self.postMessage(await task.step(first))
