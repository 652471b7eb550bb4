import { expect } from 'vitest'
import { type Data, toData } from '../../src/core/dtype.ts'
import type { Shape } from '../../src/core/shape.ts'
import { variables } from '../../src/core/state.ts'
import { constant } from '../../src/core/tensor.ts'
import type { Variable } from '../../src/core/variable.ts'
import type { BatchNorm } from '../../src/nn/index.ts'
import { initialize, type Mode, toDType } from '../../src/nn/index.ts'
import { compile } from '../../src/runtime/compile.ts'

/** A layer in float64 with its first numbers. */
export const exact = <M extends object>(model: M): M => toDType(initialize(model, 0), 'float64')

/** A variable's numbers as a list. */
export const listed = (variable: Variable | undefined): number[] =>
  Array.from(variable!.data as Float64Array, Number)

/** The running statistics of a layer, and how many batches they have seen. */
export const statistics = (bn: BatchNorm): { mean: number[]; variance: number[]; count: number } => ({
  mean: listed(bn.runningMean),
  variance: listed(bn.runningVar),
  count: Number(bn.numBatchesTracked!.data[0]),
})

interface RunOptions {
  readonly mode?: Mode
  /** Ones where `x` is real; the shape of `x` without its channels. */
  readonly mask?: readonly number[]
  readonly step?: number
}

/** What batch normalization makes of numbers in float64, by running it; its statistics learn. */
export async function normalized(
  bn: BatchNorm,
  shape: Shape,
  x: ArrayLike<number>,
  { mode = 'train', mask, step = 0 }: RunOptions = {},
): Promise<number[]> {
  variables(bn)
  const run = await compile({ x: { shape, dtype: 'float64' } }, ({ x }) => {
    const kept =
      mask &&
      constant(
        mask,
        shape.filter((_, i) => i !== 1),
        'bool',
      )
    return { y: bn.forward(x, mode, kept) }
  })
  const feeds: { x: Data } = { x: toData('float64', x) }
  return Array.from((await run(feeds, step)).y as Float64Array)
}

/** `count` numbers that look random. */
export const noise = (count: number, seed = 1): number[] =>
  Array.from({ length: count }, (_, i) => 3 * Math.sin(12.9898 * (i + 1) * seed) + 0.5)

/** Mean and variance of numbers, the variance divided by n − correction. */
export function moments(x: readonly number[], correction = 0): { mean: number; variance: number } {
  const mean = x.reduce((a, b) => a + b, 0) / x.length
  return { mean, variance: x.reduce((sum, a) => sum + (a - mean) ** 2, 0) / (x.length - correction) }
}

/** Assert that two lists agree to so many decimals. */
export function expectClose(actual: readonly number[], wanted: readonly number[], decimals = 12): void {
  expect(actual).toHaveLength(wanted.length)
  for (const [i, value] of actual.entries()) expect(value, `element ${i}`).toBeCloseTo(wanted[i]!, decimals)
}
