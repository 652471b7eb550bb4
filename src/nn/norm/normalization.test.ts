import { describe, expect, test } from 'vitest'
import { variables } from '../../core/state.ts'
import { input, type Tensor } from '../../core/tensor.ts'
import { trace } from '../../core/variable.ts'
import { relu } from '../../ops/activation.ts'
import { compile } from '../../runtime/compile.ts'
import { ReLU } from '../activation.ts'
import { Conv2d } from '../convolution.ts'
import { Flatten } from '../flatten.ts'
import { initialize } from '../initialize.ts'
import { Linear } from '../linear.ts'
import type { Mode, Module } from '../module.ts'
import { Identity } from '../residual.ts'
import { Sequential } from '../sequential.ts'
import { BatchNorm1d, BatchNorm2d } from './batch-norm.ts'
import type { DyT } from './dynamic-tanh.ts'
import { GroupNorm } from './group-norm.ts'
import { type Normalization, normalizeLayers } from './normalization.ts'

const row = (...shape: number[]) => ({ shape, dtype: 'float32' as const })
const names = (model: object): string[] => [...variables(model).keys()]

class Plain implements Module {
  readonly fc1 = new Linear(3, 4)
  readonly fc2 = new Linear(4, 2)
  forward(x: Tensor): Tensor {
    return this.fc2.forward(relu(this.fc1.forward(x)))
  }
}

const normalized = () =>
  new Sequential(
    new Linear(3, 4, { bias: false }),
    new BatchNorm1d(4, { momentum: 0.3 }),
    new ReLU(),
    new Linear(4, 2),
  )

describe('a model with batch normalization', () => {
  test('without it, a layer gets the bias that it had left out', () => {
    const model = normalizeLayers(normalized(), 'none', row(8, 3))
    expect(model[1]).toBeInstanceOf(Identity)
    expect(names(model)).toEqual(['0.weight', '0.bias', '3.weight', '3.bias'])
  })

  test('keeps it as batch, and changes the options that are given', () => {
    const model = normalized()
    const before = model[1]
    expect(normalizeLayers(model, 'batch', row(8, 3))[1]).toBe(before)
    normalizeLayers(model, { type: 'batch', eps: 1e-3 }, row(8, 3))
    expect((model[1] as BatchNorm1d).options).toEqual({ momentum: 0.3, eps: 1e-3 })
    normalizeLayers(model, 'ghost', row(8, 3))
    expect((model[1] as BatchNorm1d).options).toEqual({ momentum: 0.3, eps: 1e-3, virtualBatchSize: 32 })
  })

  test('gets a bounded function of the channels in its place', () => {
    const model = new Sequential(new Conv2d(1, 2, 3, { bias: false }), new BatchNorm2d(2), new Flatten())
    normalizeLayers(model, { type: 'dyt', alpha: 0.3 }, row(2, 1, 5, 5))
    expect(names(model)).toEqual(['0.weight', '1.alpha', '1.weight', '1.bias'])
    initialize(model, 0)
    expect((model[1] as DyT).alpha.data).toEqual(Float32Array.of(0.3))
    normalizeLayers(normalized(), 'derf', row(8, 3))
    const wanted = 'normalization derf: wanted one of alpha, got beta'
    expect(() => normalizeLayers(normalized(), { type: 'derf', beta: 1 } as never, row(8, 3))).toThrow(wanted)
  })

  test('gets group normalization in its place, of images too', () => {
    const model = new Sequential(new Conv2d(1, 32, 3, { bias: false }), new BatchNorm2d(32), new Flatten())
    expect(normalizeLayers(model, 'group', row(2, 1, 5, 5))[1]).toBeInstanceOf(GroupNorm)
    expect(names(model)).toEqual(['0.weight', '1.weight', '1.bias'])
  })

  test('of which a convolution alone gives a layer to each image', async () => {
    const image = Float32Array.from({ length: 32 }, (_, i) => i * i)
    const model = initialize(normalizeLayers(new Sequential(new BatchNorm2d(2)), 'layer', row(1, 2, 4, 4)), 0)
    const graph = await compile({ x: row(1, 2, 4, 4) }, ({ x }) => ({ y: model.forward(x!, 'train') }))
    const y = (await graph({ x: image })).y as Float32Array
    const mean = y.reduce((a, b) => a + b) / 32
    expect(mean).toBeCloseTo(0, 5)
    expect(y.reduce((a, b) => a + b * b, 0) / 32).toBeCloseTo(1, 4)
  })
})

describe('a model without normalisation', () => {
  test('is normalised after each layer but the last, under the same names', () => {
    const model = normalizeLayers(new Plain(), 'batch', row(8, 3))
    expect(names(model)).toEqual([
      'fc1.weight',
      'fc1.bias',
      'fc1.norm.weight',
      'fc1.norm.bias',
      'fc1.norm.running_mean',
      'fc1.norm.running_var',
      'fc1.norm.num_batches_tracked',
      'fc2.weight',
      'fc2.bias',
    ])
  })

  test('tells its new layers the mode, though its own are not told', () => {
    const model = normalizeLayers(new Plain(), 'batch', row(8, 3))
    const statistics = (mode: Mode): boolean => {
      const x = input([8, 3])
      const { writes } = trace(() => (model as Module).forward(x, mode))
      return [...writes.keys()].some((v) => v === variables(model).get('fc1.norm.running_mean'))
    }
    expect(statistics('train')).toBe(true)
    expect(statistics('eval')).toBe(false)
  })

  test('starts with the numbers that it had', () => {
    const [a, b] = [
      initialize(new Plain(), 3),
      initialize(normalizeLayers(new Plain(), 'layer', row(8, 3)), 3),
    ]
    expect(b.fc1.weight.data).toEqual(a.fc1.weight.data)
  })

  test('stays as it is without', () => {
    expect(names(normalizeLayers(new Plain(), 'none', row(8, 3)))).toEqual(names(new Plain()))
  })
})

describe('what cannot be done is told', () => {
  const refused = (kind: unknown, model: Module = new Plain(), x = row(8, 3)) => {
    try {
      normalizeLayers(model, kind as Normalization, x)
    } catch (error) {
      return (error as Error).message
    }
    return undefined
  }

  test.each([
    [
      'bacth',
      'normalization: wanted type as one of none, batch, ghost, layer, group, instance, dyt, derf, got bacth; did you mean batch?',
    ],
    [
      { type: 'group', group: 2 },
      'normalization group: wanted one of groups, got group; did you mean groups?',
    ],
    [{ type: 'layer', eps: 1 }, 'normalization layer: wanted no options, got eps'],
    [
      'instance',
      "normalization: wanted axes after the channels for instance, got [8,4]; use 'layer' or 'group'",
    ],
  ])('%j', (kind, message) => {
    expect(refused(kind)).toBe(message)
  })

  test('a model of one layer', () => {
    expect(refused('batch', new Linear(3, 2))).toBe(
      'normalization: wanted 2 or more linear or convolutional layers, got 1',
    )
  })

  test('a layer whose channels are not where they are normalised', () => {
    expect(refused('batch', new Plain(), row(8, 5, 3))).toBe(
      "normalization: wanted linear layers that give [batch, features], got [8,5,4]; use 'none'",
    )
  })
})
