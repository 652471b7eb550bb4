import { expect, test } from 'vitest'
import { type DType, toData } from '../core/dtype.ts'
import { constant, input, topological } from '../core/tensor.ts'
import { compile } from '../runtime/compile.ts'
import * as ops from './index.ts'

test.each(['float32', 'float64'] as const)('in %s, the gradient needs no positions', (dtype) => {
  const y = ops.maxPool2d(input([1, 1, 5, 5], dtype as DType), 3, { stride: 2 })
  const used = new Set(topological([y.grad!(y)[0]!]).map(({ op }) => op))
  expect(used.has('ScatterElements')).toBe(false)
})

test.each([
  ['pairs', [1, 1, 2, 2, 3, 4, 1, 0], 2, {}, [1, 0, 2, 0, 0, 3, 4, 0]],
  ['overlapping windows', [1, 2, 2, 1, 2, 2, 0, 2], 3, { stride: 1 }, [0, 3, 3, 0, 9, 6, 0, 0]],
  ['unused elements between windows', [1, 2, 3, 4, 5, 6, 7, 8], 2, { stride: 3 }, [0, 1, 0, 0, 2, 0, 0, 3]],
  ['padding', [-1, -1, -2, -3, -3, -9, -8, -7], 3, { padding: 1 }, [1, 0, 2, 0, 0, 0, 0, 3]],
  // The only one that is not PyTorch's: the pool itself ignores NaN: its maxima are 1, 1, the least float32 and 2.
  ['NaN', [NaN, 1, 1, NaN, NaN, NaN, 2, 1], 2, {}, [1, 0, 2, 0, 3, 0, 4, 0]],
])('the first maximum gets the gradient, as in PyTorch: %s', async (_, x, kernel, options, wanted) => {
  const step = await compile({ x: { shape: [1, 1, 8] } }, ({ x }) => {
    const y = ops.maxPool1d(x, kernel, options)
    const dy = constant(
      Array.from({ length: y.shape[2]! }, (_, i) => i + 1),
      y.shape,
    )
    return { dx: y.grad!(dy)[0]! }
  })
  expect([...(await step({ x: toData('float32', x) })).dx]).toEqual(wanted)
})
