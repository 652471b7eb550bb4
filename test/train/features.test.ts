import { describe, expect, test } from 'vitest'
import { random } from '../../src/core/random.ts'
import { dataset, stream } from '../../src/data/index.ts'
import * as nn from '../../src/nn/index.ts'
import { crossEntropy } from '../../src/ops/index.ts'
import { adamw, sgd } from '../../src/optim/index.ts'
import { compile } from '../../src/runtime/compile.ts'
import { features, Task } from '../../src/train/index.ts'
import { difference } from '../support/golden.ts'

const numbers = random(0)
const given = dataset({
  x: Float32Array.from({ length: 30 * 2 * 6 * 6 }, () => numbers.normal()),
  y: Int32Array.from({ length: 30 }, (_, i) => i % 3),
  shape: [2, 6, 6],
  classNames: ['a', 'b', 'c'],
})

function body(): nn.Sequential {
  const model = new nn.Sequential(
    new nn.Conv2d(2, 16, 3),
    new nn.BatchNorm2d(16),
    new nn.ReLU(),
    new nn.Conv2d(16, 16, 3, { bias: false }),
    new nn.BatchNorm2d(16),
    new nn.Flatten(),
    new nn.Linear(64, 8),
  )
  nn.initialize(model, 1)
  for (const variable of nn.variables(model).values()) {
    if (variable.dtype !== 'float32' || variable.shape.length > 1) continue
    variable.data = Float32Array.from({ length: variable.data.length }, () => 0.5 + numbers.uniform())
  }
  return model
}
const head = () => nn.initialize(new nn.Linear(8, 3), 2)

describe('features of a locked body', () => {
  test.each(['float32', 'float64'] as const)(
    'train a head as body and head together do, in %s',
    async (dtype) => {
      const locked = nn.toDType(nn.requiresGrad(body(), false), dtype)
      const before = [...nn.variables(locked).values()].map(({ data }) => data)
      const common = { loss: crossEntropy, optimizer: adamw({ lr: 0.01 }), dtype, threads: 1 }
      const whole = new Task({ ...common, model: new nn.Sequential(locked, head()), data: given })
      const cached = await features(locked, given, { batchSize: 8 })
      const single = new Task({ ...common, model: head(), data: cached })
      const wanted = await whole.learn({ x: given.x.data, y: given.y.data, length: 30 }, 6)
      const found = await single.learn({ x: cached.x.data, y: cached.y.data, length: 30 }, 6)
      const most = dtype === 'float64' ? 1e-12 : 1e-5
      expect(difference(found.losses, Array.from(wanted.losses))).toBeLessThan(most)
      const [bias, own] = [whole.variables.get('1.bias')!, single.variables.get('bias')!]
      expect(difference(own.data, Array.from(bias.data, Number))).toBeLessThan(most)
      expect([...nn.variables(locked).values()].map(({ data }) => data)).toEqual(before)
    },
  )

  test('keep targets and classes', async () => {
    const { x, y, classNames, length } = await features(nn.requiresGrad(body(), false), given)
    expect({ shape: x.shape, dtype: x.dtype, y, classNames, length }).toEqual({
      shape: [8],
      dtype: 'float32',
      y: given.y,
      classNames: given.classNames,
      length: 30,
    })
  })

  test('stop when they are aborted', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(features(nn.requiresGrad(body(), false), given, { signal })).rejects.toThrow('enough')
  })

  test('follow weights that are loaded later', async () => {
    const locked = nn.requiresGrad(body(), false)
    const inputs = { x: { shape: [30, 2, 6, 6] } }
    const compute = await compile(inputs, ({ x }) => ({ y: locked.forward(x, 'eval') }))
    const free = await compile(inputs, ({ x }) => ({ y: nn.requiresGrad(locked, true).forward(x, 'eval') }))
    for (let time = 0; time < 5; time++) {
      const bias = nn.variables(locked).get('6.bias')!
      bias.data = Float32Array.from(bias.data as Float32Array, (value) => Number(value) + 1)
      const { y } = await compute({ x: given.x.data })
      expect(difference(y, Array.from((await free({ x: given.x.data })).y, Number))).toBeLessThan(1e-5)
    }
  })

  test.each<[string, () => Promise<unknown>, string]>([
    [
      'a body that learns',
      () => features(body(), given),
      'features: wanted a locked body, got one that learns 0.weight; lock it with nn.requiresGrad(body, false)',
    ],
    [
      'dropout',
      () => features(new nn.Sequential(nn.requiresGrad(body(), false), new nn.Dropout(0.5)), given),
      'features: wanted a body that computes the same in training and evaluation, got another; ' +
        'leave dropout out, and freeze normalizations without scale and shift',
    ],
    [
      'statistics that learn',
      () => features(nn.unfreeze(nn.requiresGrad(body(), false)), given),
      'features: wanted a body that computes the same in training and evaluation, got another; ' +
        'leave dropout out, and freeze normalizations without scale and shift',
    ],
    [
      'a stream',
      () =>
        features(
          nn.requiresGrad(body(), false),
          stream(
            async function* () {
              yield { x: [1, 2], y: 0 }
            },
            { shape: [2] },
          ) as never,
        ),
      'features: wanted a data set with one input, got a stream; train body and head together',
    ],
  ])('are not computed of %s', async (_, compute, message) => {
    await expect(compute()).rejects.toThrow(message)
  })
})

test('no graph of a head has inputs for a locked body, or gradients in it', async () => {
  const model = new nn.Sequential(nn.requiresGrad(body(), false), head())
  const task = new Task({ model, loss: crossEntropy, optimizer: sgd({ lr: 0.1 }), data: given })
  await task.step({ x: given.x.data.slice(0, 6 * 72), y: given.y.data.slice(0, 6), length: 6 })
  expect([...task.optimizerState.keys()]).toEqual([])
  expect(task.parameters).toBe(8 * 3 + 3)
})
