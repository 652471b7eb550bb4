import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { gradients } from '../../src/core/grad.ts'
import { random } from '../../src/core/random.ts'
import { sizeOf } from '../../src/core/shape.ts'
import { input, type Tensor } from '../../src/core/tensor.ts'
import * as nn from '../../src/nn/index.ts'
import * as ops from '../../src/ops/index.ts'
import { compile } from '../../src/runtime/compile.ts'
import { difference } from '../support/golden.ts'
import { checkGradients } from '../support/gradient-check.ts'

const upTo = (max: number, min = 1) => fc.integer({ min, max })
const walk = fc.record({
  n: upTo(2),
  c: upTo(2),
  o: upTo(2),
  groups: upTo(2),
  size: fc.tuple(upTo(5), upTo(5)),
  kernel: fc.tuple(upTo(3), upTo(3)),
  stride: fc.tuple(upTo(3), upTo(3)),
  dilation: fc.tuple(upTo(2), upTo(2)),
  padding: fc.tuple(upTo(2, 0), upTo(2, 0)),
})

describe('convolutions of any shape', () => {
  test('have right gradients', async () => {
    await fc.assert(
      fc.asyncProperty(walk, async ({ n, c, o, groups, size, kernel, ...options }) => {
        const { dilation, padding } = options
        fc.pre(size.every((s, i) => s + 2 * padding[i]! > dilation[i]! * (kernel[i]! - 1)))
        await checkGradients({
          name: 'conv2d',
          shapes: [
            [n, c * groups, ...size],
            [o * groups, c, ...kernel],
          ],
          f: (x, w) => ops.conv2d(x, w, undefined, { ...options, groups }),
        })
      }),
      { numRuns: 25, seed: 1 },
    )
  })

  test('have right gradients transposed', async () => {
    await fc.assert(
      fc.asyncProperty(walk, async ({ n, c, o, groups, size, kernel, ...options }) => {
        const { dilation, padding, stride } = options
        const room = size.map(
          (s, i) => (s - 1) * stride[i]! - 2 * padding[i]! + dilation[i]! * (kernel[i]! - 1),
        )
        fc.pre(room.every((left) => left >= 0))
        await checkGradients({
          name: 'convTranspose2d',
          shapes: [
            [n, c * groups, ...size],
            [c * groups, o, ...kernel],
          ],
          f: (x, w) => ops.convTranspose2d(x, w, undefined, { ...options, groups }),
        })
      }),
      { numRuns: 25, seed: 1 },
    )
  })
})

/** Shapes for which float32 takes another way than float64. */
const shapes = [
  ['by rows', [2, 3, 18, 19], [4, 3, 3, 2], { padding: [2, 1] }],
  ['by rows, in blocks', [2, 16, 20, 17], [16, 16, 3, 3], { padding: 1 }],
  ['by taps', [2, 32, 7, 6], [16, 32, 3, 3], { padding: 1 }],
  ['by tiles', [3, 128, 4, 6], [128, 128, 3, 3], { padding: 1 }],
  ['by tiles, uneven', [2, 130, 5, 7], [128, 130, 3, 3], { padding: [2, 0] }],
  ['by taps, strided', [2, 16, 9, 8], [32, 16, 3, 3], { padding: 1, stride: 2 }],
  ['padded by more than the window', [1, 2, 2, 3], [3, 2, 2, 2], { padding: 3 }],
  ['strided past the end', [2, 2, 6, 7], [3, 2, 1, 1], { stride: 4 }],
  ['strided and dilated', [2, 4, 20, 21], [3, 4, 3, 3], { stride: 2, dilation: 2, padding: 1 }],
  ['dilated', [2, 16, 20, 21], [16, 16, 3, 3], { dilation: 3, padding: 3 }],
  ['same, uneven', [2, 3, 18, 20], [4, 3, 2, 4], { padding: 'same' }],
  ['by columns', [2, 32, 6, 6], [16, 32, 1, 1], {}],
  ['by groups', [2, 8, 20, 20], [8, 1, 5, 5], { padding: 2, groups: 8 }],
] as const

describe('the lowering for float32 agrees with that for float64', () => {
  test.each(shapes)('%s', async (_, x, w, options) => {
    const run = async (dtype: 'float32' | 'float64'): Promise<Float64Array[]> => {
      const source = random('lowering')
      const draw = (shape: readonly number[]): Float32Array =>
        Float32Array.from({ length: sizeOf(shape) }, () => source.uniform(-1, 1))
      const y = ops.conv2d(input(x), input(w), undefined, options).shape
      const spec = { x: { shape: x, dtype }, w: { shape: w, dtype }, dy: { shape: y, dtype } }
      const step = await compile(spec, (given): Record<string, Tensor> => {
        const y = ops.conv2d(given.x, given.w, undefined, options)
        const [dx, dw] = y.grad!(given.dy)
        return { y, dx: dx!, dw: dw! }
      })
      const Kind = dtype === 'float32' ? Float32Array : Float64Array
      const results = await step({ x: new Kind(draw(x)), w: new Kind(draw(w)), dy: new Kind(draw(y)) })
      return Object.values(results).map((data) => Float64Array.from(data as Float32Array))
    }
    const [fast, exact] = [await run('float32'), await run('float64')]
    fast.forEach((numbers, i) => void expect(difference(numbers, exact[i]!)).toBeLessThan(5e-6))
  })
})

describe('the gradient of a maximum', () => {
  test('goes to the first of equals, as in PyTorch', async () => {
    const shape = [1, 1, 3, 4]
    const step = await compile({ x: { shape } }, ({ x }): Record<string, Tensor> => {
      const slope = (y: Tensor): Tensor => gradients(ops.sum(y), [x])[0]!
      return {
        apart: slope(ops.maxPool2d(x, [1, 2])),
        overlapping: slope(ops.maxPool2d(x, 2, { stride: 1, padding: 1 })),
      }
    })
    // PyTorch 2.13's numbers for an input of zeros.
    const { apart, overlapping } = await step({ x: new Float32Array(12) })
    expect(Array.from(apart as Float32Array)).toEqual([1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0])
    expect(Array.from(overlapping as Float32Array)).toEqual([4, 2, 2, 2, 2, 1, 1, 1, 2, 1, 1, 1])
  })
})

describe('a convolution says what it wants', () => {
  const x = input([2, 4, 5, 5])
  const w = input([6, 4, 3, 3])
  const cases: readonly (readonly [() => unknown, string])[] = [
    [
      () => ops.conv2d(x, input([6, 3, 3, 3])),
      'conv2d: wanted 3 channels and outputs in 1 groups, got x [2, 4, 5, 5] and weight [6, 3, 3, 3]',
    ],
    [
      () => ops.conv1d(x, w),
      'conv1d: wanted floats with 3 axes, [batch, channels, …], got float32 [2, 4, 5, 5]',
    ],
    [() => ops.conv2d(x, w, input([4])), 'conv2d: wanted a bias of float32 [6], got float32 [4]'],
    [
      () => ops.conv2d(x, w, undefined, { stride: [1, 0] }),
      'conv2d: wanted stride[1] as a positive integer, got 0',
    ],
    [
      () => ops.conv2d(x, w, undefined, { padding: 'same', stride: 2 }),
      "conv2d: wanted stride 1 for padding 'same', got [2, 2]",
    ],
    [() => ops.conv2d(x, w, undefined, { groups: 0 }), 'conv2d: wanted groups as a positive integer, got 0'],
    [
      () => ops.conv2d(x, w, undefined, { dilation: 3 }),
      'conv2d: wanted an input at least as long as a window of [7, 7], got [2, 4, 5, 5]; pad it or take a smaller window',
    ],
    [
      () => ops.convTranspose2d(x, w),
      'convTranspose2d: wanted 6 channels in 1 groups, got x [2, 4, 5, 5] and weight [6, 4, 3, 3]',
    ],
    [
      () => ops.convTranspose2d(x, input([4, 2, 3, 3]), undefined, { outputPadding: 1 }),
      'convTranspose2d: wanted outputPadding below stride or dilation, got [1, 1] at stride [1, 1]',
    ],
    [
      () => ops.convTranspose2d(x, input([4, 2, 3, 3]), undefined, { padding: 4 }),
      'convTranspose2d: wanted an output of 1 or more, got [-1, -1]; pad less',
    ],
    [
      () => ops.maxPool2d(x, 2, { padding: 2 }),
      'maxPool2d: wanted padding as at most half a window of 2, got 2',
    ],
    [
      () => ops.maxPool2d(x, 6),
      'maxPool2d: wanted an input at least as long as a window of [6, 6], got [2, 4, 5, 5]; pad it or take a smaller window',
    ],
    [
      () => ops.avgPool1d(x, 2),
      'avgPool1d: wanted floats with 3 axes, [batch, channels, …], got float32 [2, 4, 5, 5]',
    ],
    [() => ops.adaptiveAvgPool2d(x, 0), 'adaptiveAvgPool2d: wanted outputSize as a positive integer, got 0'],
    [() => ops.interpolate(x, {}), 'interpolate: wanted size or scaleFactor, got neither'],
    [
      () => ops.interpolate(x, { size: 3, mode: 'linear' }),
      'interpolate: wanted 3 axes for linear, got [2, 4, 5, 5]',
    ],
    [
      () => ops.interpolate(x, { scaleFactor: -1 }),
      'interpolate: wanted scaleFactor as a number > 0, got -1',
    ],
    [() => ops.interpolate(x, { scaleFactor: 0.1 }), 'interpolate: wanted a size of 1 or more, got [0, 0]'],
    [() => new nn.Conv2d(4, 0, 3), 'Conv2d: wanted outChannels as a positive integer, got 0'],
    [
      () => new nn.Conv2d(4, 6, 3, { groups: 4 }),
      'Conv2d: wanted channels that 4 groups divide, got 4 and 6',
    ],
    [() => new nn.Conv1d(4, 6, [3, 3]), 'Conv1d: wanted kernelSize as a positive integer, got [3,3]'],
    [() => new nn.Dropout(-1), 'Dropout: wanted p as a number from 0 to 1 or a schedule, got -1'],
  ]
  test.each(cases.map(([f, message]) => [message, f] as const))('%s', (message, f) => {
    expect(f).toThrow(expect.objectContaining({ message }))
  })
})
