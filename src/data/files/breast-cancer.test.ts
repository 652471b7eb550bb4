import { data, nn, ops, optim, schedule, train } from 'evenstep'
import { expect, test } from 'vitest'

test('a table learns: breast masses are told apart in five folds', async () => {
  const accuracies: number[] = []
  for (const fold of data.kFold(data.breastCancer(), { folds: 5, seed: 0 })) {
    const setup = train.experiment({
      data: data.normalize(fold, { per: 'feature' }),
      model: () =>
        new nn.Sequential(new nn.Linear(30, 16), new nn.ReLU(), new nn.BatchNorm1d(16), new nn.Linear(16, 2)),
      loss: ops.crossEntropy,
      optimizer: optim.sgd({ lr: schedule.cosineAnnealing(0.1, { tMax: 280 }) }),
      batchSize: 32,
      epochs: 20,
    })
    let last = 0
    for await (const event of train.run(setup)) if (event.type === 'epoch') last = event.validationAccuracy!
    accuracies.push(last)
  }
  expect(accuracies.reduce((a, b) => a + b) / 5).toBeGreaterThan(0.95)
})
