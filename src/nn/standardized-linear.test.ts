import { expect, test } from 'vitest'
import type { Tensor } from '../core/tensor.ts'
import { compile } from '../runtime/compile.ts'
import { initialize } from './initialize.ts'
import { StandardizedLinear } from './standardized-linear.ts'

test('outputs do not depend on the size of the weights, nor on a shift of them', async () => {
  const layer = initialize(new StandardizedLinear(4, 3), 0)
  const run = await compile(
    { x: { shape: [2, 4] } },
    ({ x }: Record<'x', Tensor>) => ({ y: layer.forward(x) }),
    {
      threads: 1,
    },
  )
  const x = Float32Array.from([1, -2, 3, 0.5, -1, 0, 2, 4])
  const { y: before } = await run({ x })
  layer.weight.data = Float32Array.from(layer.weight.data as Float32Array, (w) => 100 * w + 7)
  const { y: after } = await run({ x })
  for (const [i, y] of before.entries()) expect(after[i]).toBeCloseTo(Number(y), 2)
})

test('refuses sizes and factors that are none', () => {
  expect(() => new StandardizedLinear(0, 3)).toThrow(
    'StandardizedLinear: wanted inFeatures as a positive integer, got 0',
  )
  expect(() => new StandardizedLinear(4, 3, { scale: 0 })).toThrow(
    'StandardizedLinear: wanted scale as a number > 0, got 0',
  )
})
