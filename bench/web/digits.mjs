// Trains on handwritten digits in a worker until 97 % of the test digits are read correctly; tells the page how many are.
import { data, nn, ops, optim, schedule, train } from '../../dist/index.js'

const experiment = train.experiment({
  data: await data.loadDigits10x10({ source: new URL('/mnist-10x10.bin', self.location.href) }),
  model: () =>
    new nn.Sequential(
      new nn.BatchNorm1d(100),
      new nn.Linear(100, 256, { bias: false }),
      new nn.BatchNorm1d(256),
      new nn.ReLU(),
      new nn.Linear(256, 10),
    ),
  loss: ops.crossEntropy,
  optimizer: optim.adamw({ lr: schedule.oneCycle(0.01, { totalSteps: '100%' }) }),
  batchSize: 128,
  epochs: 3,
  seed: 0,
})
let reached = { accuracy: 0, epochs: 0 }
for await (const event of train.run(experiment)) {
  if (event.type !== 'epoch') continue
  reached = { accuracy: event.validationAccuracy, epochs: reached.epochs + 1 }
  if (reached.accuracy >= 0.97) break
}
self.postMessage(reached)
