import { describe, expect, test } from 'vitest'
import { type Data, type DType, toData } from '../../src/core/dtype.ts'
import { gradients } from '../../src/core/grad.ts'
import type { Shape } from '../../src/core/shape.ts'
import { variables } from '../../src/core/state.ts'
import { constant, type Tensor } from '../../src/core/tensor.ts'
import * as nn from '../../src/nn/index.ts'
import { add, mul, sub, sum } from '../../src/ops/index.ts'
import { compile } from '../../src/runtime/compile.ts'
import type { StepInput } from '../../src/runtime/traced.ts'
import { difference, golden } from '../support/golden.ts'

interface Numbers {
  readonly shape: Shape
  readonly data: readonly number[]
}
/** What PyTorch made of a module with some arguments; see the script that writes it. */
interface Case {
  readonly kind: string
  readonly args: readonly unknown[]
  readonly state: Readonly<Record<string, readonly number[]>>
  readonly inputs: readonly (Numbers & { readonly integer: boolean })[]
  readonly cotangents: readonly (readonly number[])[]
  readonly outputs: readonly Numbers[]
  readonly inputGradients: readonly (readonly number[] | null)[]
  readonly gradients: Readonly<Record<string, readonly number[]>>
  /** The output after one step of SGD at a rate of 0.1. */
  readonly stepped?: readonly number[]
  readonly batches?: readonly (readonly number[])[]
  readonly after?: Readonly<Record<string, readonly number[]>>
  readonly evaluation?: readonly number[]
  readonly lengths?: readonly number[] | null
  readonly masks?: Readonly<Record<string, Numbers & { readonly bool: boolean }>>
}

const { cases } = golden<{ readonly cases: readonly Case[] }>('modules')
const kinds = [...new Set(cases.map(({ kind }) => kind))].filter((kind) => kind in nn)

function build({ kind, args, state }: Case, dtype: 'float32' | 'float64'): nn.Module {
  const Kind = (nn as unknown as Record<string, new (...args: readonly unknown[]) => nn.Module>)[kind]!
  const model = nn.toDType(new Kind(...args), dtype)
  expect([...variables(model).keys()].sort()).toEqual(Object.keys(state).sort())
  for (const [name, v] of variables(model)) v.data = toData(v.dtype, state[name]!)
  return model
}

/** Everything a module gives for its inputs. */
function run({ lengths, masks = {} }: Case, model: nn.Module, inputs: Tensor[], mode: nn.Mode): Tensor[] {
  const [x, ...rest] = inputs
  const { dtype } = x!
  if (model instanceof nn.MultiheadAttention) {
    const given = Object.entries(masks).map(([name, { shape, data, bool }]) => [
      name,
      constant(data, shape, bool ? 'bool' : dtype),
    ])
    const [key, value] = rest
    return [model.forward(x!, mode, { key: key!, value: value!, ...Object.fromEntries(given) })]
  }
  if (model instanceof nn.RNN || model instanceof nn.LSTM || model instanceof nn.GRU) {
    const options = {
      ...(lengths && { lengths: constant(lengths, [lengths.length], 'int64') }),
      ...(rest[0] && { hidden: rest[0] }),
      ...(rest[1] && { cell: rest[1] }),
    }
    const { output, hidden, cell } = model.unroll(x!, options)
    return [output, hidden, ...(cell ? [cell] : [])]
  }
  return [model.forward(x!, mode)]
}

const keyed = <T>(prefix: string, values: readonly T[]): Record<string, T> =>
  Object.fromEntries(values.map((value, i) => [`${prefix}${i}`, value]))

async function check(golden: Case, dtype: 'float32' | 'float64', tolerance: number): Promise<void> {
  const model = build(golden, dtype)
  const trained = [...variables(model)].filter(([, v]) => v.trainable)
  const types = golden.inputs.map(({ integer }): DType => (integer ? 'int64' : dtype))
  const spec: Record<string, StepInput> = keyed(
    'x',
    golden.inputs.map(({ shape }, i) => ({ shape, dtype: types[i]! })),
  )
  const feeds: Record<string, Data> = keyed(
    'x',
    golden.inputs.map(({ data }, i) => toData(types[i]!, data)),
  )
  const step = await compile(spec, (given) => {
    const inputs = golden.inputs.map((_, i) => given[`x${i}`]!)
    const outputs = run(golden, model, inputs, 'train')
    const weighted = outputs.map((y, i) => sum(mul(y, constant(golden.cotangents[i]!, y.shape, dtype))))
    const loss = weighted.reduce((a, b) => add(a, b))
    const floats = inputs.filter((x) => x.dtype === dtype)
    const slopes = gradients(loss, [...floats, ...trained.map(([, v]) => v.value)])
    if (golden.stepped)
      for (const [i, [, v]] of trained.entries()) v.assign(sub(v.value, mul(slopes[floats.length + i]!, 0.1)))
    return { ...keyed('y', outputs), ...keyed('d', slopes) }
  })
  const near = (what: string, actual: Data, wanted: readonly number[]): void =>
    expect(difference(actual, wanted), what).toBeLessThan(tolerance)
  const results = await step(feeds)
  for (const [i, y] of golden.outputs.entries()) near(`output ${i}`, results[`y${i}`]!, y.data)
  const slopes = [
    ...golden.inputGradients.filter((slope) => slope !== null),
    ...trained.map(([name]) => golden.gradients[name]!),
  ]
  for (const [i, slope] of slopes.entries()) near(`gradient ${i}`, results[`d${i}`]!, slope)
  if (golden.stepped) near('output after a step', (await step(feeds)).y0!, golden.stepped)
  if (!golden.after) return

  for (const batch of golden.batches!) await step({ x0: toData(dtype, batch) })
  const counted = golden.kind.startsWith('Instance') ? ['num_batches_tracked'] : []
  for (const [name, v] of variables(model)) {
    if (!counted.includes(name)) near(`${name} after 5 batches`, v.data, golden.after[name]!)
  }
  const measure = await compile(spec, ({ x0 }) => ({ y: run(golden, model, [x0!], 'eval')[0]! }))
  near('evaluation', (await measure(feeds)).y, golden.evaluation!)
}

describe.each([
  ['float64', 1e-10],
  ['float32', 2e-5],
] as const)('in %s a module agrees with PyTorch', (dtype, tolerance) => {
  describe.each(kinds)('%s', (kind) => {
    const mine = cases.filter((golden) => golden.kind === kind)
    test.each(mine.map((golden, i) => [i, JSON.stringify(golden.args), golden] as const))(
      'case %i %s',
      (_, __, golden) => check(golden, dtype, tolerance),
    )
  })
})
