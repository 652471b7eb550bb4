import { describe, expect, test } from 'vitest'
import { toData } from '../../src/core/dtype.ts'
import { gradients } from '../../src/core/grad.ts'
import { variables } from '../../src/core/state.ts'
import { constant, type Tensor } from '../../src/core/tensor.ts'
import * as nn from '../../src/nn/index.ts'
import { interpolate, mul, sum } from '../../src/ops/index.ts'
import { compile } from '../../src/runtime/compile.ts'
import { difference, golden } from '../support/golden.ts'

type Numbers = Readonly<Record<string, readonly number[]>>
interface Entry {
  readonly options: Readonly<Record<string, unknown>>
  readonly x: { readonly shape: readonly number[]; readonly data: readonly number[] }
  readonly y: { readonly shape: readonly number[]; readonly data: readonly number[] }
  readonly dy: readonly number[]
  readonly dx: readonly number[]
  readonly parameters: Numbers
  readonly gradients: Numbers
}
interface Golden {
  readonly modules: readonly (Entry & { readonly kind: string; readonly arguments: readonly unknown[] })[]
  readonly resized: readonly Entry[]
}

const { modules, resized } = golden<Golden>('convolution')
const kinds = nn as unknown as Readonly<Record<string, new (...given: unknown[]) => nn.Module>>
const named = <E extends Entry>(entry: E, name: string): readonly [string, E] => [
  `${name} ${JSON.stringify(entry.options)} on [${entry.x.shape}]`,
  entry,
]

async function agrees(
  entry: Entry,
  forward: (x: Tensor) => Tensor,
  model: object,
  dtype: 'float32' | 'float64',
  tolerance: number,
): Promise<void> {
  const weights = variables(model)
  expect([...weights.keys()].sort()).toEqual(Object.keys(entry.parameters).sort())
  for (const [name, weight] of weights) {
    weight.toDType(dtype)
    weight.data = toData(dtype, entry.parameters[name]!)
  }
  const step = await compile({ x: { shape: entry.x.shape, dtype } }, ({ x }): Record<string, Tensor> => {
    const y = forward(x)
    expect(y.shape).toEqual(entry.y.shape)
    const values = [x, ...[...weights.values()].map(({ value }) => value)]
    const [dx, ...slopes] = gradients(sum(mul(y, constant(entry.dy, y.shape, dtype))), values)
    return { y, dx: dx!, ...Object.fromEntries([...weights.keys()].map((name, i) => [name, slopes[i]!])) }
  })
  const results = await step({ x: toData(dtype, entry.x.data) })
  const wanted = { y: entry.y.data, dx: entry.dx, ...entry.gradients }
  for (const [name, numbers] of Object.entries(wanted)) {
    expect(difference(results[name] as Float64Array, numbers), name).toBeLessThan(tolerance)
  }
}

describe.each([
  ['float64', 1e-10],
  ['float32', 2e-5],
] as const)('in %s PyTorch’s numbers come out of', (dtype, tolerance) => {
  test.each(modules.map((entry) => named(entry, `${entry.kind}(${JSON.stringify(entry.arguments)})`)))(
    '%s',
    async (_, entry) => {
      const model = new kinds[entry.kind]!(...entry.arguments, entry.options)
      await agrees(entry, (x) => model.forward(x, 'train'), model, dtype, tolerance)
    },
  )

  test.each(resized.map((entry) => named(entry, 'interpolate')))('%s', async (_, entry) => {
    await agrees(entry, (x) => interpolate(x, entry.options), {}, dtype, tolerance)
  })
})
