import { data, optim, train } from '../../dist/index.js'
import { lossOf, modelOf } from '../models.mjs'
import { examplesOf, rates, workloads } from '../workloads.mjs'

const [workload] = workloads
const { shape, classes, batch } = workload

train.serve({
  article: () => {
    const all = data.dataset({ ...examplesOf(workload), shape, classes })
    return train.experiment({
      data: { train: all, validation: all },
      model: () => modelOf(workload),
      loss: lossOf,
      optimizer: optim.sgd({ lr: rates.sgd }),
      batchSize: batch,
      epochs: 1e6,
    })
  },
})
