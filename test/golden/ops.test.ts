import { describe, expect, test } from 'vitest'
import { type DType, toData } from '../../src/core/dtype.ts'
import { gradients } from '../../src/core/grad.ts'
import type { Shape } from '../../src/core/shape.ts'
import { constant, type Tensor } from '../../src/core/tensor.ts'
import * as ops from '../../src/ops/index.ts'
import { compile } from '../../src/runtime/compile.ts'
import { difference, golden } from '../support/golden.ts'

interface Numbers {
  readonly shape: Shape
  readonly data: readonly number[]
}
/** A call of an operator, and what PyTorch makes of it. */
interface Case {
  readonly name: string
  readonly args: readonly unknown[]
  /** Which of several results. */
  readonly part?: string | number
  /** Of the elements of the result, in the sum that is differentiated. */
  readonly weights: readonly number[]
  readonly wanted: Numbers
  /** By each leaf, in the order of the arguments. */
  readonly gradients: readonly (readonly number[])[]
}

const { cases } = golden<{ readonly cases: readonly Case[] }>('ops')
const names = [...new Set(cases.map(({ name }) => name))]
const operators = new Map<string, unknown>(Object.entries(ops))

describe.each([
  ['float64', 1e-10],
  ['float32', 2e-5],
] as const)('in %s operators agree with PyTorch', (dtype, tolerance) => {
  test.each(names)('%s', async (name) => {
    const calls = cases.filter((one) => one.name === name)
    for (const [i, one] of calls.entries()) await check(one, dtype, tolerance, `case ${i}`)
  })
})

async function check(one: Case, dtype: DType, tolerance: number, what: string): Promise<void> {
  const leaves: Numbers[] = []
  const args = one.args.map((arg) => collect(arg, leaves))
  const spec = Object.fromEntries(leaves.map(({ shape }, i) => [`x${i}`, { shape, dtype }]))
  let shape: Shape = []
  const step = await compile(spec, (given) => {
    const inputs = leaves.map((_, i) => given[`x${i}`]!)
    const operator = operators.get(one.name) as (...args: unknown[]) => unknown
    const y = pick(operator(...args.map((arg) => decode(arg, dtype, inputs))), one.part)
    shape = y.shape
    if (leaves.length === 0) return { y }
    const total = ops.sum(ops.mul(y, constant(one.weights, y.shape, dtype)))
    const slopes = gradients(total, inputs)
    return { y, ...Object.fromEntries(slopes.map((slope, i) => [`d${i}`, slope])) }
  })
  const feeds = leaves.map(({ data }, i) => [`x${i}`, toData(dtype, data)])
  const results: Record<string, ArrayLike<number | bigint>> = await step(Object.fromEntries(feeds))
  const shown = `${what}: ${JSON.stringify(one.args).slice(0, 300)}`
  expect(shape, shown).toEqual(one.wanted.shape)
  expect(difference(results.y!, one.wanted.data), shown).toBeLessThan(tolerance)
  one.gradients.forEach((wanted, i) => {
    expect(difference(results[`d${i}`]!, wanted), `gradient ${i} of ${shown}`).toBeLessThan(tolerance)
  })
}

/** `arg` with the number of a leaf in the place of the leaf. */
function collect(arg: unknown, leaves: Numbers[]): unknown {
  if (Array.isArray(arg)) return arg.map((item) => collect(item, leaves))
  if (typeof arg !== 'object' || arg === null) return arg
  if ('leaf' in arg) return { leaf: leaves.push(arg.leaf as Numbers) - 1 }
  return 'constant' in arg || 'integers' in arg ? arg : mapValues(arg, (value) => collect(value, leaves))
}

function decode(arg: unknown, dtype: DType, inputs: readonly Tensor[]): unknown {
  if (Array.isArray(arg)) return arg.map((item) => decode(item, dtype, inputs))
  if (typeof arg !== 'object' || arg === null) return arg
  if ('leaf' in arg) return inputs[arg.leaf as number]
  if ('constant' in arg) return tensor(arg.constant as Numbers, dtype)
  if ('integers' in arg) return tensor(arg.integers as Numbers, 'int64')
  return mapValues(arg, (value) => decode(value, dtype, inputs))
}

const tensor = ({ data, shape }: Numbers, dtype: DType): Tensor => constant(data, shape, dtype)

const pick = (result: unknown, part: string | number | undefined): Tensor =>
  (part === undefined ? result : (result as Record<string | number, unknown>)[part]) as Tensor

const mapValues = (record: object, f: (value: unknown) => unknown): object =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, f(value)]))
