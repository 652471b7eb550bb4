import { data, nn, ops, optim, schedule, train } from 'evenstep'

/** Returns three clouds of points in the plane, from a generator of a few bits that is the same everywhere. */
function points() {
  let state = 1
  const noise = () => {
    state = (state * 16807) % 2147483647
    return state / 2147483647 - 0.5
  }
  const y = Int32Array.from({ length: 176 }, (_, i) => i % 3)
  const x = Float32Array.from({ length: 352 }, (_, i) => noise() + [0, 3, -3][y[i >> 1]] * (i % 2 ? 1 : -1))
  return data.dataset({ x, y, classes: 3 })
}

/** Trains a small network with batch normalization; returns the loss of each step and of each validation. */
export async function losses(device) {
  const experiment = train.experiment({
    model: () =>
      new nn.Sequential(new nn.Linear(2, 16), new nn.ReLU(), new nn.BatchNorm1d(16), new nn.Linear(16, 3)),
    loss: ops.crossEntropy,
    optimizer: optim.sgd({ lr: schedule.oneCycle(0.3, { totalSteps: '100%' }), momentum: 0.9 }),
    data: data.split(points(), { validation: 0.2 }),
    batchSize: 16,
    epochs: 2,
    ...(device && { device }),
  })
  const all = []
  for await (const event of train.run(experiment)) {
    if (event.type === 'steps') all.push(...event.losses)
    if (event.type === 'epoch') all.push(event.validationLoss)
  }
  return all
}
