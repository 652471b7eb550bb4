import { data, nn, ops, optim, schedule, train } from 'evenstep'

interface Settings {
  readonly x: Float32Array
  readonly y: Int32Array
  readonly lr: number
}

train.serve({
  points: ({ x, y, lr }: Settings) =>
    train.experiment({
      data: data.split(data.dataset({ x, y, shape: [2], classes: 3 }), { validation: 0.2 }),
      model: () =>
        new nn.Sequential(new nn.Linear(2, 32), new nn.ReLU(), new nn.BatchNorm1d(32), new nn.Linear(32, 3)),
      loss: ops.crossEntropy,
      optimizer: optim.sgd({ lr: schedule.exponential(lr, { gamma: 0.99 }), momentum: 0.9 }),
      batchSize: 32,
      epochs: 5,
    }),
})
