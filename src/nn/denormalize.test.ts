import { expect, test } from 'vitest'
import { compile } from '../runtime/compile.ts'
import { Denormalize } from './denormalize.ts'

test('returns outputs in the units of the targets, in their shape', async () => {
  // numpy.std([1, 2, 3, 4]) = 1.118034
  const scalars = new Denormalize({ y: { data: [1, 2, 3, 4], shape: [] } })
  const run = await compile({ x: { shape: [3, 1] } }, ({ x }) => ({ y: scalars.forward(x) }))
  const { y } = await run({ x: Float32Array.of(0, 1, -2) })
  expect(Array.from(y as Float32Array)).toEqual([2.5, 3.618034, 0.263932].map((v) => expect.closeTo(v, 5)))
})

test('each target has its own mean and deviation; a constant target is only shifted', async () => {
  const pairs = new Denormalize({ y: { data: Float32Array.of(1, 7, 3, 7), shape: [2] } })
  const run = await compile({ x: { shape: [2, 2] } }, ({ x }) => ({ y: pairs.forward(x) }))
  const { y } = await run({ x: Float32Array.of(0, 0, 2, 2) })
  expect(Array.from(y as Float32Array)).toEqual([2, 7, 4, 9])
})

test('refuses what has no targets in memory', () => {
  expect(() => new Denormalize(3 as never)).toThrow(
    'Denormalize: wanted training data in memory, such as split.train, got 3',
  )
})
