import { describe, expect, test } from 'vitest'
import { exact, expectClose, noise } from '../../../test/support/run-module.ts'
import { toData } from '../../core/dtype.ts'
import { sizeOf } from '../../core/shape.ts'
import { variables } from '../../core/variable.ts'
import { compile } from '../../runtime/compile.ts'
import { ReLU } from '../activation.ts'
import { Conv2d, type ConvOptions } from '../convolution.ts'
import { Linear } from '../linear.ts'
import type { Module } from '../module.ts'
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
    const fused = fuseAll(model)
    expectClose(await evaluated(fused), await evaluated(model))
    expect([...variables(fused).keys()]).toEqual([
      ...['0.branch.0.weight', '0.branch.0.bias', '1.weight', '1.bias', '3.weight', '3.bias'],
    ])
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
})
