import { describe, expect, test } from 'vitest'
import { exact, expectClose, noise } from '../../../test/support/run-module.ts'
import { toData } from '../../core/dtype.ts'
import { sizeOf } from '../../core/shape.ts'
import { variables } from '../../core/state.ts'
import type { Tensor } from '../../core/tensor.ts'
import { mul } from '../../ops/arithmetic.ts'
import { tanh } from '../../ops/sigmoid.ts'
import { compile } from '../../runtime/compile.ts'
import { ReLU } from '../activation.ts'
import { Conv2d, type ConvOptions } from '../convolution.ts'
import { Linear } from '../linear.ts'
import type { Mode, Module } from '../module.ts'
import { Residual } from '../residual.ts'
import { Sequential } from '../sequential.ts'
import { BatchNorm1d, BatchNorm2d, type BatchNormOptions } from './batch-norm.ts'
import { fuse, fuseAll } from './fuse.ts'

/** A layer whose variables hold anything but their first numbers. */
function trained<M extends object>(model: M): M {
  exact(model)
  for (const [i, v] of [...variables(model).values()].entries()) {
    if (v.dtype === 'float64')
      v.data = Float64Array.from(noise(v.data.length, i + 1), (a) => 0.1 + Math.abs(a))
  }
  return model
}

async function evaluated(model: Module, shape: readonly number[] = [5, 3]): Promise<number[]> {
  const run = await compile({ x: { shape, dtype: 'float64' } }, ({ x }) => ({
    y: model.forward(x, 'eval'),
  }))
  return Array.from((await run({ x: toData('float64', noise(sizeOf(shape))) })).y as Float64Array)
}

describe('one layer does what two did', () => {
  const affines: BatchNormOptions['affine'][] = [true, false, 'weight', 'bias']
  test.each(affines.flatMap((affine) => [true, false].map((bias) => [affine, bias] as const)))(
    'affine %s, bias %s',
    async (affine, bias) => {
      const linear = trained(new Linear(3, 4, { bias }))
      const bn = trained(new BatchNorm1d(4, affine === undefined ? {} : { affine }))
      expectClose(await evaluated(fuse(linear, bn)), await evaluated(new Sequential(linear, bn)))
    },
  )

  const convolutions: readonly ConvOptions[] = [
    { padding: 1 },
    { bias: false, stride: 2 },
    { groups: 2, dilation: [1, 2], padding: 'same', paddingMode: 'reflect' },
  ]
  test.each(convolutions)('of a convolution, %j', async (options) => {
    const convolution = trained(new Conv2d(2, 4, 3, options))
    const bn = trained(new BatchNorm2d(4))
    const fused = fuseAll(new Sequential(convolution, bn))
    expectClose(
      await evaluated(fused, [2, 2, 5, 6]),
      await evaluated(new Sequential(convolution, bn), [2, 2, 5, 6]),
    )
    expect([...variables(fused).keys()]).toEqual(['0.weight', '0.bias'])
  })

  test('wherever the order of layers is known', async () => {
    const model = trained(
      new Sequential(
        new Residual(new Sequential(new Linear(3, 3), new BatchNorm1d(3), new ReLU())),
        new Linear(3, 2),
        new BatchNorm1d(2),
        new ReLU(),
        new BatchNorm1d(2, { trackRunningStats: false }),
      ),
    )
    const fused = fuseAll(model, { shape: [5, 3], dtype: 'float64' })
    expectClose(await evaluated(fused), await evaluated(model))
    expect([...variables(fused).keys()]).toEqual([
      ...['0.branch.0.weight', '0.branch.0.bias', '1.weight', '1.bias', '3.weight', '3.bias'],
    ])
  })
})

describe('a pair is fused only if it is sure to compute the same', () => {
  const shapes = [
    [() => new BatchNorm1d(4), [2, 4, 3], 'along another axis'],
    [() => new BatchNorm2d(4), [2, 4, 5, 3], 'along another axis'],
    [() => new BatchNorm1d(5), [2, 5, 3], 'of other channels'],
  ] as const
  test.each(shapes)('%o on %j, %s', async (bn, shape) => {
    const model = trained(new Sequential(new Linear(3, 4), bn()))
    for (const x of [undefined, { shape, dtype: 'float64' } as const]) {
      const fused = fuseAll(model, x)
      expect([...variables(fused).keys()]).toContain('1.running_mean')
      expect(await evaluated(fused, shape)).toEqual(await evaluated(model, shape))
    }
  })

  test('a linear layer only by the shape of the input', () => {
    const model = trained(new Sequential(new Linear(3, 4), new BatchNorm1d(4)))
    const names = (fused: Module): string[] => [...variables(fused).keys()]
    expect(names(fuseAll(model))).toContain('1.running_mean')
    expect(names(fuseAll(model, { shape: [2, 3], dtype: 'float64' }))).toEqual(['0.weight', '0.bias'])
  })

  test('no layer, container or normalization that computes something of its own', async () => {
    class Squashed extends Linear {
      override forward(x: Tensor): Tensor {
        return tanh(super.forward(x))
      }
    }
    class Doubled extends BatchNorm1d {
      override forward(x: Tensor, mode: Mode): Tensor {
        return mul(super.forward(x, mode), 2)
      }
    }
    class Reversed extends Sequential {
      override forward(x: Tensor, mode: Mode): Tensor {
        return Array.from(this)
          .reverse()
          .reduce((h, layer) => layer.forward(h, mode), x)
      }
    }
    for (const model of [
      new Sequential(new Squashed(3, 3), new BatchNorm1d(3)),
      new Sequential(new Linear(3, 3), new Doubled(3)),
      new Reversed(new Linear(3, 3), new BatchNorm1d(3)),
    ]) {
      trained(model)
      const fused = fuseAll(model, { shape: [5, 3], dtype: 'float64' })
      expect(await evaluated(fused)).toEqual(await evaluated(model))
    }
  })
})

test('what cannot be folded is said', () => {
  const linear = trained(new Linear(3, 4))
  expect(() => fuse(linear, trained(new BatchNorm1d(3)))).toThrow(
    'fuse: wanted layers with equal channels, got 4 and 3',
  )
  expect(() => fuse(linear, trained(new BatchNorm1d(4, { trackRunningStats: false })))).toThrow(
    'fuse: wanted running statistics in BatchNorm, got none',
  )
  expect(() => fuse(linear, trained(new BatchNorm2d(4)))).toThrow(
    'fuse: wanted a batch normalization that takes the output of the layer, got Linear and BatchNorm2d',
  )
})

test('a model in place of two layers is refused', () => {
  const wanted = 'fuse: wanted a linear or convolutional layer and a batch normalization, got '
  const call = fuse as (...given: unknown[]) => unknown
  const model = new Sequential(new Linear(3, 4), new BatchNorm1d(4))
  const fix = '; for a whole model, use nn.fuseAll(model)'
  expect(() => call(model)).toThrow(`${wanted}Sequential and nothing${fix}`)
  expect(() => call(new BatchNorm1d(4), new Linear(3, 4))).toThrow(`${wanted}BatchNorm1d and Linear${fix}`)
  expect(() => call()).toThrow(`${wanted}nothing and nothing${fix}`)
})

test.each([[[3]], [5], [{ shape: [2, 3] }], [{ shape: 'x', dtype: 'float32' }], [null]])(
  'a model is fused for a batch given by shape and type, not %j',
  (x) => {
    expect(() => fuseAll(new Sequential(), x as never)).toThrow(
      `fuseAll: wanted the shape and element type of a batch, got ${JSON.stringify(x)}; ` +
        "such as { shape: [64, 3], dtype: 'float32' }",
    )
  },
)
