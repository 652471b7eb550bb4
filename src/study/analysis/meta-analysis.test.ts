import { expect, test } from 'vitest'
import { metaAnalysis } from './meta-analysis.ts'
import { studentQuantile } from './statistics.ts'

/**
 * Thirteen trials of a vaccine: vaccinated with and without tuberculosis, controls with and without.
 * Source: Colditz et al. 1994, https://doi.org/10.1001/jama.1994.03510330076038, the example `dat.bcg` of metafor.
 */
const vaccine = [
  [4, 119, 11, 128],
  [6, 300, 29, 274],
  [3, 228, 11, 209],
  [62, 13536, 248, 12619],
  [33, 5036, 47, 5761],
  [180, 1361, 372, 1079],
  [8, 2537, 10, 619],
  [505, 87886, 499, 87892],
  [29, 7470, 45, 7232],
  [17, 1699, 65, 1600],
  [186, 50448, 141, 27197],
  [5, 2493, 3, 2338],
  [27, 16886, 29, 17825],
].map(([a, b, c, d]) => ({
  value: Math.log(a! / (a! + b!) / (c! / (c! + d!))),
  error: Math.sqrt(1 / a! - 1 / (a! + b!) + 1 / c! - 1 / (c! + d!)),
}))

test('agrees with statsmodels on the trials of a vaccine', () => {
  // statsmodels 0.15, combine_effects(method_re='iterated', use_t=True).
  const { mean, interval, prediction, tau, heterogeneity, problems } = metaAnalysis(vaccine)
  expect(tau ** 2).toBeCloseTo(0.3180684522, 8)
  expect(mean).toBeCloseTo(-0.7149681535, 8)
  expect(interval[0]).toBeCloseTo(-1.109098, 5)
  expect(interval[1]).toBeCloseTo(-0.320838, 5)
  expect(heterogeneity).toBeCloseTo(0.9211734685, 8)
  expect(problems).toBe(13)
  const half = studentQuantile(0.975, 12) * Math.sqrt(0.3180684522 + 0.1808921915 ** 2)
  expect(prediction[0]).toBeCloseTo(-0.7149681535 - half, 6)
})

test('effects that agree have no variance between them, and no interval narrower than their errors', () => {
  const effects = [
    [0.1, 0.05],
    [0.12, 0.04],
    [0.08, 0.06],
    [0.11, 0.05],
  ].map(([value, error]) => ({ value: value!, error: error! }))
  const { mean, interval, prediction, tau, heterogeneity } = metaAnalysis(effects)
  // statsmodels: τ² = 0 and mean 0.10642740619902119.
  expect([tau, heterogeneity]).toEqual([0, 0])
  expect(mean).toBeCloseTo(0.10642740619902119, 12)
  const weights = effects.reduce((sum, { error }) => sum + 1 / error ** 2, 0)
  expect(interval[1] - mean).toBeCloseTo(studentQuantile(0.975, 3) / Math.sqrt(weights), 12)
  expect(prediction).toEqual(interval)
})

test('refuses what it cannot weigh', () => {
  expect(() => metaAnalysis([{ value: 1, error: 1 }])).toThrow(
    'metaAnalysis: wanted 2 or more effects, got 1',
  )
  expect(() =>
    metaAnalysis([
      { value: 1, error: 1 },
      { value: 2, error: 0 },
    ]),
  ).toThrow('metaAnalysis: wanted finite effects with errors above 0, got 2 with error 0')
})

test('weighs effects of any size, and refuses those whose weights would overflow', () => {
  const effects = [
    { value: 0.1, error: 0.05 },
    { value: 0.3, error: 0.04 },
    { value: -0.08, error: 0.06 },
  ]
  const known = metaAnalysis(effects)
  for (const size of [2 ** -1000, 2 ** 900]) {
    const { mean, interval, tau, heterogeneity } = metaAnalysis(
      effects.map(({ value, error }) => ({ value: size * value, error: size * error })),
    )
    expect([mean / size, tau / size, heterogeneity]).toEqual([known.mean, known.tau, known.heterogeneity])
    expect(interval.map((end) => end / size)).toEqual(known.interval)
  }
  const wanted =
    'metaAnalysis: wanted errors of at least 1e-75 times the largest one, 1, and effects of at most 1e75 times it, '
  const fix = '; leave that effect out, or state its error as large as it is'
  const one = { value: 0, error: 1 }
  expect(() => metaAnalysis([one, { value: 1, error: 1e-200 }])).toThrow(
    `${wanted}got 1 with error 1e-200${fix}`,
  )
  expect(() => metaAnalysis([one, { value: 1e200, error: 1 }])).toThrow(
    `${wanted}got 1e+200 with error 1${fix}`,
  )
})
