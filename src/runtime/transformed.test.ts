import { expect, test } from 'vitest'
import { difference } from '../../test/support/golden.ts'
import { noise } from '../../test/support/run-module.ts'
import { toData } from '../core/dtype.ts'
import { gradients } from '../core/grad.ts'
import { constant, input, type Tensor, topological } from '../core/tensor.ts'
import { square } from '../ops/arithmetic.ts'
import { sum } from '../ops/broadcast.ts'
import { conv2d, convTranspose2d } from '../ops/convolution.ts'
import { compile } from './compile.ts'
import { fastConvolutions } from './convolutions.ts'
import { transformConvolutions } from './transformed.ts'

const operators = (roots: readonly Tensor[]): Set<string> => new Set(topological(roots).map(({ op }) => op))

test('a convolution of 128 channels is traced as one operator, and computed by tiles', () => {
  const [x, w, b] = [input([2, 128, 5, 4]), input([128, 128, 3, 3]), input([128])]
  const y = conv2d(x, w, b, { padding: 1 })
  const [dx] = gradients(sum(square(y)), [x])
  const [back] = gradients(sum(square(convTranspose2d(x, w, b))), [x])
  expect(topological([y])).toHaveLength(4)
  expect(operators([dx!])).toContain('ConvTranspose')
  const fast = operators(transformConvolutions([y, dx!, back!]))
  expect(['Conv', 'ConvTranspose'].filter((op) => fast.has(op))).toEqual([])
})

test.each([
  ['few channels', [2, 64, 5, 4], [64, 64, 3, 3], {}],
  ['a stride', [2, 128, 5, 4], [128, 128, 3, 3], { stride: 2 }],
  ['a wide window', [2, 128, 5, 5], [128, 128, 5, 5], {}],
  ['groups', [2, 256, 5, 4], [128, 128, 3, 3], { groups: 2 }],
] as const)('with %s it stays one operator', (_, x, w, options) => {
  const y = conv2d(input(x), input(w), undefined, options)
  expect(transformConvolutions([y])).toEqual([y])
})

test('with a constant weight it stays one operator, whose kernel ONNX Runtime chooses', () => {
  const weight = constant(new Float32Array(128 * 128 * 9), [128, 128, 3, 3])
  const y = conv2d(input([2, 128, 5, 4]), weight, undefined, { padding: 1 })
  expect(fastConvolutions([y], 16)).toEqual([y])
})

test('tiles compute what windows do, with padding of every width', async () => {
  const values = { x: noise(128 * 20), w: noise(128 * 128 * 9, 2).map((a) => a / 100) }
  for (const padding of [0, 1, 2, 3]) {
    const computed = async (dtype: 'float32' | 'float64'): Promise<number[][]> => {
      const shapes = { x: { shape: [1, 128, 5, 4], dtype }, w: { shape: [128, 128, 3, 3], dtype } }
      const run = await compile(shapes, ({ x, w }) => {
        const y = conv2d(x, w, undefined, { padding })
        const [dx, dw] = gradients(sum(square(y)), [x, w])
        return { y, dx: dx!, dw: dw! }
      })
      const { y, dx, dw } = await run({ x: toData(dtype, values.x), w: toData(dtype, values.w) })
      return [y, dx, dw].map((data) => Array.from(data, Number))
    }
    const [tiles, windows] = [await computed('float32'), await computed('float64')]
    for (const [i, list] of tiles.entries()) expect(difference(list, windows[i]!)).toBeLessThan(1e-5)
  }
})
