import { describe, expect, test } from 'vitest'
import { gradients } from '../../src/core/grad.ts'
import { constant, type Tensor } from '../../src/core/tensor.ts'
import * as ops from '../../src/ops/index.ts'
import { compile } from '../../src/runtime/compile.ts'

const numbers = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1.5, 0, 2.5]

async function of(f: (x: Tensor) => Tensor, dtype: 'float32' | 'float64'): Promise<number[]> {
  const step = await compile({ x: { shape: [6], dtype } }, ({ x }) => ({ y: f(x) }))
  const array = dtype === 'float32' ? Float32Array : Float64Array
  return Array.from((await step({ x: array.from(numbers) })).y, Number)
}

describe.each(['float32', 'float64'] as const)('in %s', (dtype) => {
  test.each<[string, (x: Tensor) => Tensor, readonly number[]]>([
    ['isNaN', ops.isNaN, [1, 0, 0, 0, 0, 0]],
    ['isFinite', ops.isFinite, [0, 0, 0, 1, 1, 1]],
    ['greaterEqual', (x) => ops.greaterEqual(x, 0), [0, 1, 0, 0, 1, 1]],
    ['lessEqual', (x) => ops.lessEqual(x, 0), [0, 0, 1, 1, 1, 0]],
    ['notEqual', (x) => ops.notEqual(x, 0), [1, 1, 1, 1, 0, 1]],
    ['logicalAnd', (x) => ops.logicalAnd(ops.greater(x, -2), ops.less(x, 1)), [0, 0, 0, 1, 1, 0]],
    ['logicalOr', (x) => ops.logicalOr(ops.greater(x, 1), ops.less(x, -1)), [0, 1, 1, 1, 0, 1]],
    ['logicalXor', (x) => ops.logicalXor(ops.greater(x, -2), ops.less(x, 1)), [0, 1, 1, 0, 0, 1]],
    ['logicalNot', (x) => ops.logicalNot(ops.greater(x, 0)), [1, 0, 1, 1, 1, 0]],
    ['any', (x) => ops.any(ops.isNaN(x)), [1]],
    ['all', (x) => ops.all(ops.isNaN(x)), [0]],
    ['all, rows', (x) => ops.all(ops.isFinite(ops.reshape(x, [2, 3])), [1], { keepDims: true }), [0, 1]],
    ['floor', ops.floor, [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -2, 0, 2]],
    ['ceil', ops.ceil, [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1, 0, 3]],
    ['round', ops.round, [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -2, 0, 2]],
    ['sign', ops.sign, [Number.NaN, 1, -1, -1, 0, 1]],
    ['clamp', (x) => ops.clamp(x, -1, 1), [Number.NaN, 1, -1, -1, 0, 1]],
    ['log1p', ops.log1p, [Number.NaN, Number.POSITIVE_INFINITY, Number.NaN, Number.NaN, 0, Math.log1p(2.5)]],
    ['expm1', ops.expm1, [Number.NaN, Number.POSITIVE_INFINITY, -1, Math.expm1(-1.5), 0, Math.expm1(2.5)]],
  ])('%s', async (_, f, wanted) => {
    const actual = await of(f, dtype)
    const rounded = (values: readonly number[]): number[] => values.map((y) => Number(y.toFixed(5)) + 0)
    expect(rounded(actual)).toEqual(rounded(wanted))
  })
})

test('integers and bools can be moved, and integers ordered', async () => {
  const step = await compile({ x: { shape: [4], dtype: 'int64' } }, ({ x }) => {
    const big = ops.greater(x, 2)
    return {
      least: ops.topK(x, 2, 0, { largest: false }).values,
      order: ops.topK(x, 2, 0, { largest: false }).indices,
      most: ops.max(x),
      moved: ops.concat([ops.flip(big, [0]), ops.pad(ops.slice(big, [[1, 3]]), [[1, 0]])]),
      picked: ops.gather(ops.cumSum(x, 0), 0, constant([3, 0], [2], 'int64')),
    }
  })
  const results = await step({ x: BigInt64Array.of(3n, 1n, 4n, 2n) })
  expect(Object.fromEntries(Object.entries(results).map(([k, v]) => [k, Array.from(v, Number)]))).toEqual({
    least: [1, 2],
    order: [1, 3],
    most: [4],
    moved: [0, 1, 0, 1, 0, 0, 1],
    picked: [10, 3],
  })
})

test('adding rows loses none, whatever the number of threads', async () => {
  const [n, rows] = [50_000, 50]
  const spec = { i: { shape: [n], dtype: 'int32' }, dy: { shape: [n, 16] } } as const
  const step = await compile(
    spec,
    ({ i, dy }) => {
      const table = constant(new Float32Array(rows * 16), [rows, 16])
      return { sums: gradients(ops.sum(ops.mul(ops.embedding(i, table), dy)), [table])[0]! }
    },
    { threads: 4 },
  )
  const feeds = {
    i: Int32Array.from({ length: n }, (_, k) => k % rows),
    dy: new Float32Array(n * 16).fill(1),
  }
  expect((await step(feeds)).sums.every((x) => Number(x) === n / rows)).toBe(true)
})

test('erf in float64 is right to the last digits', async () => {
  const step = await compile({ x: { shape: [8], dtype: 'float64' } }, ({ x }) => ({ y: ops.erf(x) }))
  const { y } = await step({ x: Float64Array.of(-1e-3, 0.5, 1, 2, 3, 4.5, 5.9, 1e9) })
  const wanted = [
    ...[-0.0011283787909692365, 0.5204998778130465, 0.8427007929497149, 0.9953222650189527],
    ...[0.9999779095030014, 0.9999999998033839, 0.9999999999999999, 1],
  ]
  wanted.forEach((value, i) => {
    expect(Math.abs(Number(y[i]) / value - 1)).toBeLessThan(2e-15)
  })
})
