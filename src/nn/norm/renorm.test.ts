import { describe, expect, test } from 'vitest'
import { exact, expectClose, moments, noise, normalized } from '../../../test/support/run-module.ts'
import { gradients } from '../../core/grad.ts'
import { exp, sum } from '../../ops/index.ts'
import { compile } from '../../runtime/compile.ts'
import { BatchNorm1d } from './batch-norm.ts'

describe('renormalization', () => {
  const x = noise(8)
  const infinite = { rMax: Number.POSITIVE_INFINITY, dMax: Number.POSITIVE_INFINITY }

  test('without clips trains on what evaluation sees', async () => {
    const bn = exact(new BatchNorm1d(1, { renorm: infinite }))
    bn.weight!.data = Float64Array.of(2)
    bn.bias!.data = Float64Array.of(3)
    bn.runningMean!.data = Float64Array.of(0.7)
    bn.runningVar!.data = Float64Array.of(2.5)
    const wanted = await normalized(bn, [8, 1], x, { mode: 'eval' })
    const y = await normalized(bn, [8, 1], x)
    expectClose(y, wanted)
  })

  test('clips as Ioffe’s algorithm, on a schedule', async () => {
    const x = noise(8).map((a) => 3 * a)
    const bn = exact(
      new BatchNorm1d(1, { renorm: { rMax: (step) => 1 + step / 10, dMax: 0.25 }, momentum: 0 }),
    )
    const { mean, variance } = moments(x)
    const sigma = Math.sqrt(variance + 1e-5)
    expect(sigma).toBeGreaterThan(1.5) // so that r is clipped
    const y = await normalized(bn, [8, 1], x, { step: 5 })
    const d = Math.min(0.25, Math.max(-0.25, mean))
    expectClose(
      y,
      x.map((value) => ((value - mean) / sigma) * 1.5 + d),
      6,
    )
  })
})

test.each([
  ['clipped', 1.25],
  ['not clipped', 100],
])('no gradient flows through the corrections of renormalization, %s', async (_, rMax) => {
  const x = noise(8).map((a) => 3 * a)
  const slope = async (bn: BatchNorm1d): Promise<number[]> => {
    const step = await compile({ x: { shape: [8, 1], dtype: 'float64' } }, ({ x }) => ({
      dx: gradients(sum(exp(bn.forward(x, 'train'))), [x])[0]!,
    }))
    return Array.from((await step({ x: Float64Array.from(x) })).dx as Float64Array)
  }
  // With y = x̂·r + d: dL/dx is that of x̂ ↦ exp(x̂·r + d) alone, which is that of a scale r and a shift d.
  const { mean, variance } = moments(x)
  const r = Math.min(rMax, Math.sqrt((variance + 1e-5) / (1 + 1e-5)))
  const d = mean / Math.sqrt(1 + 1e-5)
  const bn = exact(new BatchNorm1d(1))
  bn.weight!.data = Float64Array.of(r)
  bn.bias!.data = Float64Array.of(d)
  const renormed = exact(new BatchNorm1d(1, { renorm: { rMax, dMax: 100 } }))
  expectClose(await slope(renormed), await slope(bn), 9)
})
