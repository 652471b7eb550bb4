import * as ort from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { difference } from '../../test/support/golden.ts'
import { toy } from '../../test/support/toy.ts'
import { random } from '../core/random.ts'
import type { Tensor } from '../core/tensor.ts'
import { loader } from '../data/loader.ts'
import * as nn from '../nn/index.ts'
import * as ops from '../ops/index.ts'
import { compile } from '../runtime/compile.ts'
import { exportOnnx } from './export.ts'
import { taskOf } from './train.ts'

/** What stock ONNX Runtime makes of an exported model, beside what the model makes itself. */
async function both(model: nn.Module, shape: readonly number[], n: number) {
  const source = random('examples', n)
  const x = Float32Array.from({ length: n * shape.reduce((a, b) => a * b, 1) }, () => source.normal())
  const session = await ort.InferenceSession.create(exportOnnx(model, { shape, dtype: 'float32' }))
  const { y } = await session.run({ x: new ort.Tensor('float32', x, [n, ...shape]) })
  const own = await compile({ x: { shape: [n, ...shape] } }, (given) => ({
    y: model.forward(given.x, 'eval'),
  }))
  return { theirs: y!.data as Float32Array, ours: (await own({ x })).y }
}

describe('an exported model', () => {
  test('gives the outputs of evaluation, for any number of examples', async () => {
    const setup = toy()
    const task = taskOf(setup)
    for (const batch of loader(setup.data.train, { batchSize: 20 }).batches(0)) await task.step(batch)
    for (const n of [1, 3, 64]) {
      const { theirs, ours } = await both(task.model, [2], n)
      expect(difference(theirs, Array.from(ours, Number))).toBeLessThan(1e-5)
    }
  })

  test('may be convolutional, with batch normalization folded', async () => {
    const model = nn.initialize(
      new nn.Sequential(
        new nn.Conv2d(1, 4, 3, { padding: 1 }),
        new nn.BatchNorm2d(4),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.Flatten(),
        new nn.Linear(4 * 25, 10),
      ),
      0,
    )
    for (const n of [1, 5]) {
      const { theirs, ours } = await both(model, [1, 10, 10], n)
      expect(difference(theirs, Array.from(ours, Number))).toBeLessThan(1e-5)
    }
  })

  test('must take each example alike', () => {
    class Counting implements nn.Module {
      forward(x: Tensor): Tensor {
        return ops.sub(x, ops.mean(x, [0]))
      }
    }
    expect(() => exportOnnx(new Counting(), { shape: [2], dtype: 'float32' })).toThrow(
      'export: wanted a model that treats each example alone, got one that depends on their number',
    )
    const learning = new nn.BatchNorm1d(2, { trackRunningStats: false })
    expect(() => exportOnnx(nn.initialize(learning, 0), { shape: [2], dtype: 'float32' })).toThrow(
      'one that depends on their number',
    )
  })
})
