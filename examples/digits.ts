import { data, nn, ops, optim, schedule, type Tensor, train } from 'evenstep'

class Net implements nn.Module {
  readonly fc1 = new nn.Linear(100, 100)
  readonly bn = new nn.BatchNorm1d(100)
  readonly fc2 = new nn.Linear(100, 10)

  forward(x: Tensor, mode: nn.Mode): Tensor {
    return this.fc2.forward(this.bn.forward(ops.relu(this.fc1.forward(x)), mode))
  }
}

export default train.experiment({
  data: data.digits10x10(),
  model: () => new Net(),
  loss: ops.crossEntropy,
  optimizer: optim.sgd({ lr: schedule.lambda(0.1, 'step / (step + 1)') }),
  batchSize: 64,
  epochs: 5,
  seed: 0,
})
