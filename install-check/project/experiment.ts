import { data, nn, ops, optim, type Tensor, train } from 'evenstep'
import * as schedule from 'evenstep/schedule'
import { encoder, type TableEncoder } from 'evenstep/table'

class Net implements nn.Module {
  readonly linear = new nn.Linear(100, 10)

  forward(x: Tensor): Tensor {
    return this.linear.forward(x)
  }
}

export const colours: TableEncoder = encoder({
  format: 1,
  columns: [{ name: 'colour', kind: 'category', values: ['red', 'green'] }],
})

export default train.experiment({
  data: data.digits10x10(),
  model: () => new Net(),
  loss: ops.crossEntropy,
  optimizer: optim.sgd({ lr: schedule.constant(0.1) }),
  batchSize: 64,
  steps: 20,
  seed: 0,
  device: 'cpu',
})
