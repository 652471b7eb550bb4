import { expect, test } from 'vitest'
import { difference } from '../../test/support/golden.ts'
import { gradients } from '../core/grad.ts'
import { random } from '../core/random.ts'
import { sizeOf } from '../core/shape.ts'
import { input, type Tensor, topological } from '../core/tensor.ts'
import { toOnnx } from '../onnx/model.ts'
import { add, mul } from '../ops/arithmetic.ts'
import { reshape, sum } from '../ops/broadcast.ts'
import { split } from '../ops/concat.ts'
import { embedding } from '../ops/gather.ts'
import { linear } from '../ops/matmul.ts'
import { transpose } from '../ops/movement.ts'
import { nodeCpu } from './node-cpu.ts'
import { mapShortTables } from './short-tables.ts'

interface Graph {
  readonly reads: readonly Tensor[]
  /** The vectors that were looked up. */
  readonly x: Tensor
  readonly loss: Tensor
}

/** A linear map of embeddings, `[batch, length]` of them, which are rearranged to `[length, batch]` before. */
function graphOf(rows: number, isSwapped: boolean, hasBias: boolean): Graph {
  const [batch, length, features, outputs] = [6, 5, 4, 3]
  const index = input([batch, length], 'int32')
  const [table, weight, bias] = [[rows, features], [outputs, features], [outputs]].map((shape) =>
    input(shape, 'float64'),
  )
  const factors = input([batch * length, outputs], 'float64')
  const x = embedding(index, table!)
  const moved = isSwapped ? transpose(x, [1, 0, 2]) : x
  const y = linear(reshape(moved, [batch * length, features]), weight!, hasBias ? bias : undefined)
  return { reads: [table!, weight!, bias!, factors, index], x, loss: sum(mul(mul(y, y), factors)) }
}

/** Returns the largest difference between the values of both graphs. */
async function differs({ reads }: Graph, roots: readonly Tensor[]): Promise<number> {
  const outputs = new Map([...roots, ...mapShortTables(roots)].map((t, i) => [`y${i}`, t]))
  const inputs = new Map(reads.map((t, i) => [`x${i}`, t]))
  const session = await nodeCpu.open(toOnnx(inputs, outputs), { threads: 1, exact: true })
  const draw = random('short tables')
  const rows = reads[0]!.shape[0]!
  const feeds = [...inputs].map(([name, { shape, dtype }]) => {
    const values = Array.from({ length: sizeOf(shape) }, () => draw.uniform(-1, 1))
    const data =
      dtype === 'int32' ? Int32Array.from(values, (v) => ((v + 1) / 2) * rows) : Float64Array.from(values)
    return [name, { dtype, shape, data }] as const
  })
  const values = await session.run(new Map(feeds))
  const one = (_: Tensor, i: number): number =>
    difference(values.get(`y${roots.length + i}`)!, Array.from(values.get(`y${i}`)!, Number))
  return Math.max(...roots.map(one))
}

/** Returns the shapes of the factors of each product, but for those by weights of the whole graph. */
const productsOf = (roots: readonly Tensor[]): string[] =>
  topological(roots)
    .filter(({ op }) => op === 'Gemm')
    .map(({ inputs }) =>
      inputs
        .slice(0, 2)
        .map(({ shape }) => shape.join('×'))
        .join(' '),
    )

test.each([
  ['in the order of the index', false, true],
  ['rearranged', true, true],
  ['without a bias', true, false],
] as const)(
  'rows of a short table %s are mapped, and differentiated, by row of the table',
  async (_, isSwapped, hasBias) => {
    const graph = graphOf(7, isSwapped, hasBias)
    const [table, weight, bias] = graph.reads
    const wrt = hasBias ? [table!, weight!, bias!] : [table!, weight!]
    const roots = [graph.loss, ...gradients(graph.loss, wrt)]
    // The map, the sums by row, and from those the gradients of the weight and of the table.
    expect(productsOf(mapShortTables([graph.loss]))).toEqual(['7×4 3×4'])
    expect(new Set(productsOf(mapShortTables(roots)))).toEqual(
      new Set(['7×4 3×4', '7×30 30×3', '7×3 7×4', '7×3 3×4']),
    )
    expect(await differs(graph, roots)).toBeLessThan(1e-13)
  },
)

test('rows that are needed in parts, such as steps of a sequence, are picked in parts', async () => {
  const { reads } = graphOf(7, true, true)
  const [table, weight, bias, factors, index] = reads as [Tensor, Tensor, Tensor, Tensor, Tensor]
  const x = reshape(transpose(embedding(index, table), [1, 0, 2]), [30, 4])
  const [first, second] = split(linear(x, weight, bias), [12, 18])
  const [of1, of2] = split(factors, [12, 18])
  const loss = add(sum(mul(mul(first!, first!), of1!)), sum(mul(mul(second!, second!), of2!)))
  const picks = topological(mapShortTables([loss])).filter(({ op }) => op === 'Gather')
  expect(picks.map(({ shape }) => shape)).toEqual([
    [12, 3],
    [18, 3],
  ])
  expect(await differs({ reads, x, loss }, [loss, ...gradients(loss, reads.slice(0, 3))])).toBeLessThan(1e-13)
  const columns = split(linear(x, weight, bias), [1, 2], 1)
  expect(await differs({ reads, x, loss }, columns)).toBeLessThan(1e-13)
})

test('the gradients of several maps of the same rows are summed by row of the table', async () => {
  const { reads } = graphOf(7, true, true)
  const [table, weight, bias, factors, index] = reads as [Tensor, Tensor, Tensor, Tensor, Tensor]
  const x = reshape(transpose(embedding(index, table), [1, 0, 2]), [30, 4])
  const [y, z] = [linear(x, weight, bias), linear(x, mul(weight, weight))]
  const loss = sum(mul(mul(y, z), factors))
  const roots = [loss, ...gradients(loss, reads.slice(0, 3))]
  expect(productsOf(mapShortTables(roots)).filter((shapes) => shapes.includes('30×4'))).toEqual([])
  expect(await differs({ reads, x, loss }, roots)).toBeLessThan(1e-13)
})

test('what else needs the rows, or their gradient, still gets them', async () => {
  const graph = graphOf(7, true, true)
  const loss = add(graph.loss, sum(mul(graph.x, graph.x)))
  expect(
    await differs(graph, [loss, ...gradients(loss, [...graph.reads.slice(0, 3), graph.x])]),
  ).toBeLessThan(1e-13)
})

test('rows of a table that is not short stay', () => {
  const longerThanPicked = graphOf(16, true, true)
  const wide = graphOf(9, false, true) // more than twice as many rows as features
  for (const { loss, reads } of [longerThanPicked, wide]) {
    const roots = [loss, ...gradients(loss, reads.slice(0, 3))]
    expect(productsOf(mapShortTables(roots))).toEqual(productsOf(roots))
  }
})

test('a graph without a table stays as it is', () => {
  const roots = [sum(input([3]))]
  expect(mapShortTables(roots)).toBe(roots)
})
