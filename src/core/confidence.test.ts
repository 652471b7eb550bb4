import { expect, test } from 'vitest'
import { golden } from '../../test/support/golden.ts'
import { middle95, samplesOf, wilson } from './confidence.ts'

interface Golden {
  readonly wilson: readonly { hits: number; n: number; interval: readonly number[] }[]
  readonly bootstraps: readonly Record<'totals' | 'weights' | 'mean' | 'ratio', readonly number[]>[]
}
const { wilson: scores, bootstraps } = golden<Golden>('confidence')

test.each(scores)(
  'the Wilson interval of $hits of $n is that of scipy.stats.binomtest',
  ({ hits, n, interval }) => {
    const [low, high] = wilson(hits, n)
    expect(low).toBeCloseTo(interval[0]!, 12)
    expect(high).toBeCloseTo(interval[1]!, 12)
  },
)

test.each(bootstraps)('the bootstrap interval %# is near that of scipy.stats.bootstrap', (one) => {
  const { totals, weights, mean, ratio } = one
  const of = (statistic: (sample: Int32Array) => number): Float64Array =>
    Float64Array.from(
      Array.from(samplesOf(totals.length), (sample) => sample.slice()),
      statistic,
    ).sort()
  const sum = (values: readonly number[], sample: Int32Array): number =>
    sample.reduce((total, i) => total + values[i]!, 0)
  const means = middle95(of((sample) => sum(totals, sample) / totals.length))
  const ratios = middle95(of((sample) => sum(totals, sample) / sum(weights, sample)))
  for (const [ours, wanted] of [
    [means, mean],
    [ratios, ratio],
  ] as const) {
    const width = wanted[1]! - wanted[0]!
    expect(Math.abs(ours[0]! - wanted[0]!)).toBeLessThan(0.06 * width)
    expect(Math.abs(ours[1]! - wanted[1]!)).toBeLessThan(0.06 * width)
  }
})

test('samples of one number of items are always the same', () => {
  const first = (n: number): number[] => Array.from(samplesOf(n, 1).next().value!)
  expect(first(20)).toEqual(first(20))
  expect(first(20)).not.toEqual(first(21).slice(0, 20))
})
