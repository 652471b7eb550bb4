import { expect, test } from 'vitest'
import type { Tensor } from '../core/tensor.ts'
import { compile } from '../runtime/compile.ts'
import { initialize } from './initialize.ts'
import { StandardizedConv1d, StandardizedConv2d } from './standardized-convolution.ts'

test('outputs do not depend on the size of the weights, nor on a shift of them', async () => {
  const layer = initialize(new StandardizedConv2d(2, 3, 2), 0)
  const run = await compile(
    { x: { shape: [1, 2, 3, 3] } },
    ({ x }: Record<'x', Tensor>) => ({ y: layer.forward(x) }),
    { threads: 1 },
  )
  const x = Float32Array.from({ length: 18 }, (_, i) => Math.sin(3 * i))
  const { y: before } = await run({ x })
  layer.weight.data = Float32Array.from(layer.weight.data as Float32Array, (w) => 100 * w + 7)
  const { y: after } = await run({ x })
  for (const [i, y] of before.entries()) expect(after[i]).toBeCloseTo(Number(y), 2)
})

test('refuses channels that groups do not divide, factors that are not above 0, and options it lacks', () => {
  expect(() => new StandardizedConv1d(3, 4, 3, { groups: 2 })).toThrow(
    'StandardizedConv1d: wanted channels that 2 groups divide, got 3 and 4',
  )
  expect(() => new StandardizedConv1d(0, 4, 3)).toThrow(
    'StandardizedConv1d: wanted inChannels as a positive integer, got 0',
  )
  expect(() => new StandardizedConv2d(3, 4, 3, { scale: 0 })).toThrow(
    'StandardizedConv2d: wanted scale as a number > 0, got 0',
  )
  const mode = { paddingMode: 'reflect' } as object
  expect(() => new StandardizedConv2d(3, 4, 3, mode)).toThrow(/^StandardizedConv2d: .*paddingMode/)
})
