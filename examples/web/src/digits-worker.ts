import { data, nn, ops, optim, schedule, train } from 'evenstep'

train.serve({
  digits: async (_: object, signal) =>
    train.experiment({
      data: await data.loadDigits10x10({ signal }),
      model: () =>
        new nn.Sequential(
          new nn.BatchNorm1d(100), // some pixels are nearly always black
          new nn.Linear(100, 256, { bias: false }),
          new nn.BatchNorm1d(256),
          new nn.ReLU(),
          new nn.Linear(256, 10),
        ),
      loss: ops.crossEntropy,
      optimizer: optim.adamw({ lr: schedule.oneCycle(0.01, { totalSteps: '100%' }) }),
      batchSize: 128,
      epochs: 3,
    }),
})
