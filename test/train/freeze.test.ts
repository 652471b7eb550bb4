import { expect, test } from 'vitest'
import { dataset } from '../../src/data/dataset.ts'
import { BatchNorm1d, freeze, Linear, Sequential, unfreeze } from '../../src/nn/index.ts'
import { crossEntropy } from '../../src/ops/loss.ts'
import { sgd } from '../../src/optim/index.ts'
import { Task } from '../../src/train/task.ts'
import { exact, noise, statistics } from '../support/run-module.ts'

test('a layer can be frozen and thawed between the steps of a task', async () => {
  const bn = new BatchNorm1d(2)
  const model = exact(new Sequential(bn, new Linear(2, 2)))
  const data = dataset({ x: Float64Array.from(noise(8)), y: Int32Array.of(0, 1, 1, 0) })
  const task = new Task({ model, loss: crossEntropy, optimizer: sgd({ lr: 0.1 }), data, dtype: 'float64' })
  const batch = { x: data.x.data, y: data.y.data, length: 4 }
  const counts: number[] = []
  for (const change of [unfreeze, freeze, unfreeze]) {
    change(model)
    await task.step(batch)
    counts.push(statistics(bn).count)
  }
  expect(counts).toEqual([1, 1, 2])
})
