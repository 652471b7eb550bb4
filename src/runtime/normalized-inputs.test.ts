import { expect, test } from 'vitest'
import { difference } from '../../test/support/golden.ts'
import type { DType } from '../core/dtype.ts'
import { gradients } from '../core/grad.ts'
import { random } from '../core/random.ts'
import { type Shape, sizeOf } from '../core/shape.ts'
import { input, type Tensor, topological } from '../core/tensor.ts'
import { toOnnx } from '../onnx/model.ts'
import { relu } from '../ops/activation.ts'
import { div, mul, sub } from '../ops/arithmetic.ts'
import { batchNorm } from '../ops/batch-norm.ts'
import { sum } from '../ops/broadcast.ts'
import { linear, matmul } from '../ops/matmul.ts'
import { mean } from '../ops/statistics.ts'
import { nodeCpu } from './node-cpu.ts'
import { normalizedInputs } from './normalized-inputs.ts'

interface Kind {
  readonly examples: number
  readonly sizes: readonly number[]
  readonly affine?: boolean
  readonly bias?: boolean
}

interface Network {
  readonly reads: readonly Tensor[]
  readonly roots: readonly Tensor[]
}

/** Layers of `relu`, batch normalization and a linear map, with a loss, its gradients, and the statistics. */
function network({ examples, sizes, affine = true, bias = true }: Kind, dtype: DType = 'float32'): Network {
  const reads: Tensor[] = []
  const read = (shape: Shape): Tensor => {
    reads.push(input(shape, dtype))
    return reads.at(-1)!
  }
  const statistics: Tensor[] = []
  let x = read([examples, sizes[0]!])
  for (const [i, size] of sizes.slice(0, -1).entries()) {
    const [weight, shift] = affine ? [read([size]), read([size])] : []
    const norm = batchNorm(relu(x), weight, shift, 1e-5)
    statistics.push(norm.mean, norm.variance)
    const outputs = sizes[i + 1]!
    x = linear(norm.y, read([outputs, size]), bias ? read([outputs]) : undefined)
  }
  const loss = sum(mul(x, read(x.shape)))
  return { reads, roots: [loss, ...statistics, ...gradients(loss, reads)] }
}

async function values(
  { reads, roots }: Network,
  { threads = 1, offset = 0 }: { readonly threads?: number; readonly offset?: number } = {},
): Promise<(readonly number[])[]> {
  const draw = random('normalized inputs')
  const inputs = new Map(reads.map((t, i): [string, Tensor] => [`x${i}`, t]))
  const outputs = new Map(roots.map((t, i): [string, Tensor] => [`y${i}`, t]))
  const exact = reads[0]!.dtype === 'float64'
  const session = await nodeCpu.open(toOnnx(inputs, outputs), { threads, exact })
  const feeds = reads.map(({ shape, dtype }, i) => {
    const from = i === 0 ? offset : 0
    const data = Float32Array.from({ length: sizeOf(shape) }, () => from + draw.uniform(-1, 1))
    return [`x${i}`, { dtype, shape, data: exact ? Float64Array.from(data) : data }] as const
  })
  const results = await session.run(new Map(feeds))
  return roots.map((_, i) => Array.from(results.get(`y${i}`)!, Number))
}

const faster = ({ reads, roots }: Network): Network => ({ reads, roots: normalizedInputs(roots) })

/** Number of operators whose result is as large as the batch, apart from products of matrices. */
const passes = ({ roots }: Network, { examples, sizes }: Kind): number =>
  topological(roots).filter(
    ({ op, shape }) =>
      !['Input', 'Constant', 'Gemm'].includes(op) && shape[0] === examples && shape[1] === sizes[0],
  ).length

const kinds: [string, Kind, before: number, after: number][] = [
  ['few outputs', { examples: 256, sizes: [64, 10] }, 12, 7],
  ['as many outputs as examples', { examples: 256, sizes: [64, 256] }, 12, 11],
  ['more outputs than examples', { examples: 256, sizes: [64, 300] }, 12, 12],
  ['no scale and shift', { examples: 256, sizes: [64, 10], affine: false }, 11, 7],
  ['no bias', { examples: 256, sizes: [64, 10], bias: false }, 12, 7],
  ['neither', { examples: 256, sizes: [64, 10], affine: false, bias: false }, 11, 7],
  ['several layers', { examples: 512, sizes: [96, 96, 96, 3] }, 36, 21],
  ['a small batch', { examples: 64, sizes: [100, 10] }, 12, 12],
]

test.each(kinds)('with %s, results are those of float64, in fewer passes', async (_, kind, before, after) => {
  const plain = network(kind)
  const fast = faster(plain)
  expect([passes(plain, kind), passes(fast, kind)]).toEqual([before, after])
  const exact = await values(network(kind, 'float64'))
  const [slow, quick] = [await values(plain), await values(fast)]
  for (const [i, wanted] of exact.entries()) {
    // A gradient of 0 has only errors of rounding.
    const scale = Math.max(...wanted.map(Math.abs))
    if (scale < 1e-6) continue
    expect(difference(quick[i]!, wanted)).toBeLessThan(3e-6 + 2 * difference(slow[i]!, wanted))
  }
})

test('a large mean costs no precision', async () => {
  const kind = { examples: 256, sizes: [64, 10] }
  const [exact, plain, quick] = [
    await values(network(kind, 'float64'), { offset: 1000 }),
    await values(network(kind), { offset: 1000 }),
    await values(faster(network(kind)), { offset: 1000 }),
  ]
  for (const [i, wanted] of exact.entries()) {
    if (Math.max(...wanted.map(Math.abs)) < 1e-3) continue
    expect(difference(quick[i]!, wanted)).toBeLessThan(1e-5 + 2 * difference(plain[i]!, wanted))
  }
})

test('the number of threads changes no bit', async () => {
  const kind = { examples: 512, sizes: [256, 256, 256, 10] }
  const fast = faster(network(kind))
  expect(await values(fast, { threads: 2 })).toEqual(await values(fast))
})

test('a batch that something else uses too, or that is not centred, keeps its operators', () => {
  const [x, w, s, t] = [input([256, 64]), input([10, 64]), input([64]), input([64])]
  const { y } = batchNorm(x, s, t, 1e-5)
  const z = linear(y, w)
  const loss = sum(mul(z, z))
  const [dx, dy, dw] = gradients(loss, [x, y, w])
  const product = matmul(input([256, 10]), w)
  const moved = sub(x, s)
  const centred = sub(product, div(sum(product, [0]), 256))
  for (const roots of [
    [loss, y, dy!, dx!],
    [loss, dw!, mean(y, [0]), dy!],
    [sum(mul(product, moved), [0]), mul(sub(centred, mul(moved, s)), t)],
  ]) {
    const operators = (list: readonly Tensor[]): string[] => topological(list).map(({ op }) => op)
    expect(operators(normalizedInputs(roots))).toEqual(operators(roots))
  }
})
