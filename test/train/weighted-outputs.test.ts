import { expect, test } from 'vitest'
import * as data from '../../src/data/index.ts'
import * as nn from '../../src/nn/index.ts'
import * as ops from '../../src/ops/index.ts'
import { sgd } from '../../src/optim/index.ts'
import * as train from '../../src/train/index.ts'

/** Two examples more than in `once`: a copy of the first two, whose weight in `once` is 2. */
const repeated = [0, 1, 2, 3, 4, 5, 0, 1]

class Net {
  kind = new nn.Linear(2, 2)
  price = new nn.Linear(2, 1)
  forward({ x }: nn.TensorRecord) {
    return { kind: this.kind.forward(x!), price: ops.reshape(this.price.forward(x!), [-1]) }
  }
}

function examples(indices: readonly number[], weights?: readonly number[]): data.Dataset {
  const x = Float32Array.from(indices.flatMap((i) => [Math.sin(i), Math.cos(3 * i)]))
  const y = {
    kind: { data: indices.map((i) => i % 2), classNames: ['a', 'b'] },
    price: Float32Array.from(indices, (i) => i / 3),
  }
  return data.tensors({ x: { x: { data: x, shape: [2] } }, y, ...(weights && { weights }) })
}

async function trained(set: data.Dataset) {
  const experiment = train.experiment({
    data: { train: set, validation: set },
    model: () => new Net(),
    loss: { kind: ops.crossEntropy, price: { loss: ops.mseLoss, weight: 0.5 } },
    optimizer: sgd({ lr: 0.1 }),
    batchSize: set.length,
    epochs: 3,
    dtype: 'float64',
  })
  const epochs = []
  for await (const event of train.run(experiment))
    if (event.type === 'epoch')
      epochs.push([event.trainLoss, event.validationLoss, ...Object.values(event.metrics!)])
  return epochs as number[][]
}

test('an example of weight 2 counts in the losses of several outputs as two copies do', async () => {
  const weighted = await trained(examples([0, 1, 2, 3, 4, 5], [2, 2, 1, 1, 1, 1]))
  const copied = await trained(examples(repeated))
  for (const [epoch, values] of copied.entries())
    for (const [i, value] of values.entries()) expect(weighted[epoch]![i]).toBeCloseTo(value, 12)
})
