import { expect, test } from 'vitest'
import { input, type Tensor, topological } from '../core/tensor.ts'
import * as ops from '../ops/index.ts'
import { compile } from '../runtime/compile.ts'
import { byNode } from './simplify.ts'
import { splitSlices } from './split-slices.ts'

/** Operators of a graph, one for each node. */
const nodes = (roots: readonly Tensor[]): string[] => byNode(topological(roots)).map(([t]) => t!.op)

const x = input([4, 6])

test('slices that are a whole are one Split', () => {
  const [a, b, c] = ops.split(x, [1, 2, 3], 1)
  const parts = splitSlices([c!, a!, b!])
  expect(nodes(parts)).toEqual(['Split'])
  expect(parts.map(({ output, shape }) => [output!.index, shape])).toEqual([
    [2, [4, 3]],
    [0, [4, 1]],
    [1, [4, 2]],
  ])
})

test.each([
  [
    'leave a gap',
    [
      [0, 2],
      [3, 6],
    ],
  ],
  [
    'overlap',
    [
      [0, 4],
      [3, 6],
    ],
  ],
  [
    'end early',
    [
      [0, 2],
      [2, 5],
    ],
  ],
  [
    'have a step',
    [
      [0, 6, 2],
      [1, 6, 2],
    ],
  ],
] as const)('slices that %s stay', (_, ranges) => {
  const slices = ranges.map((range) => ops.slice(x, [[], range]))
  expect(nodes(splitSlices(slices))).toEqual(['Slice', 'Slice'])
})

test('slices along two axes stay', () => {
  expect(nodes(splitSlices([...ops.split(x, 2), ...ops.split(x, 3, 1)]))).toEqual(new Array(4).fill('Slice'))
})

test('the parts are those of the slices', async () => {
  const step = await compile({ x: { shape: [2, 3] } }, ({ x }) => {
    const [a, b] = ops.split(x, [1, 2], 1)
    return { a: a!, b: b! }
  })
  const { a, b } = await step({ x: Float32Array.of(1, 2, 3, 4, 5, 6) })
  expect([[...a], [...b]]).toEqual([
    [1, 4],
    [2, 3, 5, 6],
  ])
})
