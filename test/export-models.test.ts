import { readdirSync } from 'node:fs'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { resnet20 } from '../examples/resnet20.ts'
import { constant, type Tensor } from '../src/core/tensor.ts'
import { Variable } from '../src/core/variable.ts'
import type { Dataset, FieldSpec } from '../src/data/dataset.ts'
import * as nn from '../src/nn/index.ts'
import * as ops from '../src/ops/index.ts'
import { type Experiment, Task } from '../src/train/index.ts'
import { expectSameAsEvaluation, type Taken, trained } from './support/exported.ts'

const floats = (...shape: number[]): FieldSpec => ({ shape, dtype: 'float32' })

/** A model of one function. */
const computing = (forward: (x: Tensor) => Tensor): nn.Module => ({ forward })

describe('a model exports whatever it does to its input', () => {
  const rows: Readonly<Record<string, readonly [FieldSpec, (x: Tensor) => Tensor]>> = {
    slice: [floats(5, 4), (x) => ops.slice(x, [[], [1, -1], [undefined, undefined, 2]])],
    'the last step': [floats(5, 4), (x) => ops.flatten(ops.slice(x, [[], [-1]]), 1)],
    split: [floats(5, 4), (x) => ops.mul(...(ops.split(x, [2, 2], 2) as [Tensor, Tensor]))],
    chunk: [floats(6), (x) => ops.concat(ops.chunk(x, 4, 1).reverse(), 1)],
    unbind: [floats(3, 4), (x) => ops.stack(ops.unbind(x, 1).reverse(), 1)],
    flip: [floats(3, 4), (x) => ops.flip(x, [1, 2])],
    tile: [floats(3, 4), (x) => ops.tile(x, [1, 2, 3])],
    roll: [floats(5), (x) => ops.roll(x, 2, 1)],
    'pad by reflection': [
      floats(5),
      (x) =>
        ops.pad(
          x,
          [
            [0, 0],
            [2, 1],
          ],
          { mode: 'reflect' },
        ),
    ],
    'interpolate, nearest': [floats(2, 3, 4), (x) => ops.interpolate(x, { scaleFactor: 2 })],
    'interpolate, bilinear': [floats(2, 3, 4), (x) => ops.interpolate(x, { size: [5, 7], mode: 'bilinear' })],
    'a new axis': [floats(4), (x) => ops.expand(ops.unsqueeze(x, 1), [x.shape[0]!, 3, 4])],
    zeros: [floats(4), (x) => ops.concat([x, ops.expand(constant([0, 1]), [x.shape[0]!, 2])], 1)],
    einsum: [floats(3, 4), (x) => ops.einsum('bij,bkj->bik', x, x)],
    'cumulative sum': [floats(3, 4), (x) => ops.cumSum(x, 1)],
    'a look-up': [floats(4), (x) => ops.indexSelect(x, 1, constant([3, 0, 0], [3], 'int64'))],
    'the place of the maximum': [floats(4), (x) => ops.oneHot(ops.argMax(x), 4)],
    'steps by a loop': [
      floats(6, 3),
      (x) => ops.unbind(x, 1).reduce((state, step) => ops.tanh(ops.add(ops.mul(state, 0.5), step))),
    ],
  }
  test.each(Object.entries(rows))('%s', async (_, [x, f]) => expectSameAsEvaluation(computing(f), x))
})

describe('a model exports what depends on the number of examples', () => {
  const rows: Readonly<Record<string, readonly [FieldSpec, (x: Tensor) => Tensor]>> = {
    'mean of the batch': [floats(3), (x) => ops.sub(x, ops.mean(x, [0]))],
    'mean of all axes': [floats(3, 4), (x) => ops.mean(x)],
    'mean along the batch, kept': [floats(3, 2), (x) => ops.mean(x, [0, 2], { keepDims: true })],
    similarities: [floats(3), (x) => ops.softmax(ops.matmul(x, ops.transpose(x)))],
    'the batch reversed': [floats(3), (x) => ops.flip(x, [0])],
    'every other example': [floats(3), (x) => ops.slice(x, [[undefined, undefined, 2]])],
    'the last example': [floats(3), (x) => ops.sub(x, ops.slice(x, [[-1]]))],
    'the examples moved on': [
      floats(3),
      (x) => ops.add(x, ops.concat([ops.slice(x, [[-1]]), ops.slice(x, [[0, -1]])])),
    ],
    'the batch twice': [floats(3), (x) => ops.tile(x, [2, 1])],
    'examples in pairs with all': [floats(2), (x) => ops.sub(ops.unsqueeze(x, 0), ops.unsqueeze(x, 1))],
    'a number for each example': [
      floats(3),
      (x) => ops.mul(x, ops.reshape(constant([...Array(x.shape[0]!).keys()]), [x.shape[0]!, 1])),
    ],
    'the number itself': [floats(3), (x) => ops.div(x, x.shape[0]! ** 0.5)],
    'pairs of examples': [
      floats(4),
      (x) => {
        const pairs = ops.mul(ops.unsqueeze(x, 0), ops.unsqueeze(x, 1))
        return ops.reshape(pairs, [x.shape[0]! ** 2, 4])
      },
    ],
    'a polynomial of the number': [floats(3), (x) => ops.mul(x, x.shape[0]! ** 2 - 3 * x.shape[0]! + 1)],
    'a row for each example': [
      floats(3),
      (x) =>
        ops.add(
          x,
          constant(
            Array.from({ length: 3 * x.shape[0]! }, (_, i) => i % 3),
            x.shape,
          ),
        ),
    ],
  }
  test.each(Object.entries(rows))('%s', async (_, [x, f]) => expectSameAsEvaluation(computing(f), x))

  test('variance of the batch, unbiased', async () => {
    const variance = computing((x) => ops.div(x, ops.variance(x, [0])))
    await expectSameAsEvaluation(variance, floats(3), [2, 7])
  })

  test('halves of the batch', async () => {
    const halves = computing((x) => ops.concat(ops.chunk(x, 2, 0).reverse()))
    await expectSameAsEvaluation(halves, floats(3), [2, 7, 8])
  })

  test('virtual batches of examples', async () => {
    const ghosts = new nn.BatchNorm1d(3, { trackRunningStats: false, virtualBatchSize: 2 })
    await expectSameAsEvaluation(trained(ghosts), floats(3), [2, 8])
  })
})

describe('whole models', () => {
  test('a class token, positions and attention', async () => {
    class Transformer implements nn.Module {
      readonly token = new Variable([1, 1, 4])
      readonly positions = new Variable([1, 6, 4])
      readonly attention = new nn.MultiheadAttention(4, 2, { batchFirst: true })
      readonly norm = new nn.LayerNorm(4)
      readonly head = new nn.Linear(4, 3)
      forward(x: Tensor): Tensor {
        const token = ops.expand(this.token.value, [x.shape[0]!, 1, 4])
        const all = ops.add(ops.concat([token, x], 1), this.positions.value)
        const y = ops.add(all, this.attention.forward(this.norm.forward(all)))
        return this.head.forward(ops.squeeze(ops.slice(y, [[], [0, 1]]), [1]))
      }
    }
    await expectSameAsEvaluation(trained(new Transformer()), floats(5, 4))
  })

  test('a convolution of 128 channels, by a plain operator', async () => {
    const wide = new nn.Sequential(
      new nn.Conv2d(128, 128, 3, { padding: 1 }),
      new nn.BatchNorm2d(128),
      new nn.ReLU(),
      new nn.ConvTranspose2d(128, 128, 3, { padding: 1 }),
    )
    await expectSameAsEvaluation(trained(wide), floats(128, 3, 5))
  })

  test('sizes of a network that are those of a trace', async () => {
    const odd = new nn.Sequential(new nn.Linear(23, 34), new nn.Softmax({ dim: 0 }), new nn.Linear(34, 23))
    await expectSameAsEvaluation(trained(odd), floats(23, 23))
  })
})

describe('every example', () => {
  afterEach(() => void vi.restoreAllMocks())
  const files = readdirSync(new URL('../examples', import.meta.url)).filter((file) => file.endsWith('.ts'))

  /** Returns the model of an example and what it takes; of a script, by what it evaluates in the end. */
  async function modelOf(file: string): Promise<readonly [nn.Module, Taken]> {
    for (const method of ['error', 'log'] as const) vi.spyOn(console, method).mockImplementation(() => {})
    const evaluate = vi.spyOn(Task.prototype, 'evaluate')
    const [argv] = [process.argv]
    process.argv = [...argv.slice(0, 2), '1']
    const { default: given } = await import(`../examples/${file.replace('.ts', '')}.ts`).finally(() => {
      process.argv = argv
    })
    if (given && 'model' in given) {
      const { model, data } = given as Experiment
      const { x, categories } = data.train as Dataset
      return [model({} as never), { ...x, ...(categories && { categories }) }]
    }
    if (given) return modelOf(given.experiment)
    const [task] = evaluate.mock.contexts as [Task]
    return [task.model, evaluate.mock.calls[0]![0].x]
  }

  // Outputs by name are exported in test/train/tensors.test.ts, a network from another package in test/fine-tune.test.ts.
  test.each(files.filter((file) => !/resnet20|houses|fine-tune/.test(file)))('%s', async (file) => {
    const [model, x] = await modelOf(file)
    await expectSameAsEvaluation(trained(model), x)
  })

  test('resnet20.ts', async () => expectSameAsEvaluation(trained(resnet20()), floats(3, 32, 32)))

  test('has its line here', () => expect(files.length).toBeGreaterThan(7))
})
