import { data, nn, ops, optim, random, schedule, train } from 'evenstep'

/** An experiment of an MLP with batch normalization on three clouds of points: 22 steps in two epochs. */
export function clouds(device: 'cpu' | 'wasm' | 'webgpu'): train.Experiment {
  const source = random('clouds')
  const n = 176
  const y = Int32Array.from({ length: n }, (_, i) => i % 3)
  const x = Float32Array.from({ length: 2 * n }, (_, i) =>
    source.normal([0, 3, -3][y[i >> 1]!]! * (i % 2 ? 1 : -1)),
  )
  const all = data.dataset({ x, y, classes: 3 })
  return train.experiment({
    model: () =>
      new nn.Sequential(new nn.Linear(2, 16), new nn.ReLU(), new nn.BatchNorm1d(16), new nn.Linear(16, 3)),
    loss: ops.crossEntropy,
    optimizer: optim.sgd({ lr: schedule.oneCycle(0.3, { totalSteps: 22 }), momentum: 0.9 }),
    data: { train: all, validation: all },
    batchSize: 16,
    epochs: 2,
    device,
  })
}

/** Trains on a device; returns the loss of each step and, after each epoch, of the validation data. */
export async function losses(device: 'cpu' | 'wasm' | 'webgpu'): Promise<number[]> {
  const all: number[] = []
  for await (const event of train.run(clouds(device))) {
    if (event.type === 'steps') all.push(...Array.from(event.losses))
    if (event.type === 'epoch') all.push(event.validationLoss)
  }
  return all
}
