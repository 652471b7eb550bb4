import { expect, test } from 'vitest'
import { gradients } from '../core/grad.ts'
import { input, type Tensor, topological } from '../core/tensor.ts'
import * as ops from '../ops/index.ts'
import { compile } from '../runtime/compile.ts'
import { simplify } from './simplify.ts'

const count = (roots: readonly Tensor[], op: string): number =>
  topological(roots).filter((t) => t.op === op).length

/** Gradient of Σ linear(xₜ, w, b)·(t + 1) over the rows of each step t, with respect to w and b. */
function slopes(x: Tensor, steps: number): { readonly dw: Tensor; readonly db: Tensor } {
  const [w, b] = [input([2, 3]), input([2])]
  const outputs = ops.split(x, x.shape[0]! / steps).map((rows, t) => ops.mul(ops.linear(rows, w, b), t + 1))
  const total = outputs.map((y) => ops.sum(y)).reduce((a, y) => ops.add(a, y))
  const [dw, db] = gradients(total, [w, b])
  return { dw: dw!, db: db! }
}

test('products over the rows of four steps or more are one product', () => {
  const { dw, db } = slopes(input([8, 3]), 4)
  const [one, other] = simplify([dw, db])
  expect(count([one!], 'Gemm')).toBe(1)
  expect(one!.inputs.map(({ shape }) => shape)).toEqual([
    [8, 2],
    [8, 3],
  ])
  expect([count([other!], 'MatMul'), count([other!], 'Add')]).toEqual([1, 0])
})

test.each([
  ['three steps', 6, 3],
  ['steps of more than 256 rows', 4 * 257, 4],
])('products of %s stay', (_, rows, steps) => {
  expect(count(simplify([slopes(input([rows, 3]), steps).dw]), 'Gemm')).toBe(steps)
})

test('a product that something else reads stays', () => {
  const x = input([8, 3])
  const products = ops.split(x, 2).map((rows) => gradients(ops.sum(ops.linear(rows, weight)), [weight])[0]!)
  const sum = products.reduce((a, b) => ops.add(a, b))
  expect(count(simplify([sum, products[1]!]), 'Gemm')).toBe(4)
})
const weight = input([2, 3])

test('the numbers are those of the sum', async () => {
  const step = await compile({ x: { shape: [8, 3], dtype: 'float64' } }, ({ x }) => {
    const w = ops.slice(x, [[0, 2]])
    const outputs = ops.split(x, 2).map((rows, t) => ops.mul(ops.linear(rows, w), t + 1))
    const total = outputs.map((y) => ops.sum(y)).reduce((a, y) => ops.add(a, y))
    return { dw: gradients(total, [w])[0]! }
  })
  const x = Float64Array.from({ length: 24 }, (_, i) => Math.sin(i))
  const { dw } = await step({ x })
  const column = (k: number): number =>
    x.reduce((sum, v, i) => sum + (i % 3 === k ? v * (1 + Math.trunc(i / 6)) : 0), 0)
  const wanted = [0, 1, 2].map(column)
  for (const [i, value] of [...wanted, ...wanted].entries()) expect(dw[i]).toBeCloseTo(value, 12)
})
