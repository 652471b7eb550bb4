import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { random } from '../../core/random.ts'
import { bootstrap, holm, pairedTest, rangeOf, studentDistribution, studentQuantile } from './statistics.ts'

describe("Student's distribution", () => {
  // Of tables: Abramowitz & Stegun 1964, table 26.10.
  test.each([
    [1, 0.975, 12.706],
    [2, 0.975, 4.303],
    [3, 0.995, 5.841],
    [4, 0.95, 2.132],
    [9, 0.975, 2.262],
    [30, 0.9, 1.31],
    [120, 0.975, 1.98],
  ])('of %i degrees has its %d quantile at %d', (freedom, p, t) => {
    expect(studentQuantile(p, freedom)).toBeCloseTo(t, 3)
    expect(studentDistribution(t, freedom)).toBeCloseTo(p, 3)
    expect(studentDistribution(-t, freedom)).toBeCloseTo(1 - p, 3)
  })
})

describe('the paired test', () => {
  test('gives the p-values of scipy.stats.ttest_rel', () => {
    expect(pairedTest([1, 2, 3])).toBeCloseTo(0.07417990022744854, 12)
    expect(pairedTest([0.3, -0.1, 0.2, 0.4, 0.05])).toBeCloseTo(0.12835348651691136, 12)
  })

  test('of nothing, or of no difference, is 1', () => {
    expect([[], [3], [0, 0, 0]].map(pairedTest)).toEqual([1, 1, 1])
  })

  test('takes differences without spread for signs: three coarse scores agree by chance in a quarter of cases', () => {
    expect(pairedTest([2, 2, 2])).toBe(0.25)
    expect(pairedTest([1 / 114, 1 / 114, 1 / 114])).toBe(0.25)
    expect(pairedTest(new Array(8).fill(-0.1))).toBe(1 / 128)
  })
})

describe('the range of a metric', () => {
  test.each<[string, number[], [number, number]]>([
    ['validationAccuracy', [0.3, 0.97], [0, 1]],
    ['f1', [0, 1], [0, 1]],
    ['auc', [0.5], [0, 1]],
    ['accuracyGain', [-0.2, 0.1], [-Infinity, Infinity]],
    ['validationLoss', [0, 2.3], [0, Infinity]],
    ['validationLoss', [-0.1, 2.3], [-Infinity, Infinity]],
    ['rmse', [3], [0, Infinity]],
    ['mape', [0.1, 2], [0, Infinity]],
    ['averagePrecision', [0.3], [0, 1]],
    ['calibrationError', [0.02], [0, Infinity]],
    ['mcc', [-0.2, 0.9], [-1, 1]],
    ['cohenKappa', [0.6], [-1, 1]],
    ['r2', [0.2], [-Infinity, Infinity]],
  ])('%s of %j is %j', (metric, seen, range) => expect(rangeOf(metric, seen)).toEqual(range))

  test('cuts intervals, and the mean stays', () => {
    const scores = [0.05, 0.9, 0.95]
    expect(bootstrap(scores).interval![1]).toBeGreaterThan(1)
    const { value, interval } = bootstrap(scores, [0, 1])
    expect([value, interval![1]]).toEqual([bootstrap(scores).value, 1])
    expect(bootstrap([0.01, 2], [0, Infinity]).interval![0]).toBe(0)
  })
})

describe('the bootstrap interval', () => {
  test.each([3, 5, 10])('of %i normal values holds their mean in 95 of 100 cases', (n) => {
    const source = random('coverage', n)
    const cases = 1000
    let held = 0
    for (let i = 0; i < cases; i++) {
      const { interval } = bootstrap(Array.from({ length: n }, () => source.normal()))
      if (interval![0] <= 0 && interval![1] >= 0) held++
    }
    expect(held / cases).toBeGreaterThan(0.91)
    expect(held / cases).toBeLessThan(0.985)
  })

  test('leans to the side on which the values scatter', () => {
    const { value, interval } = bootstrap([0, 0, 0, 0, 0, 0, 0, 10])
    expect(interval![1] - value).toBeGreaterThan(1.2 * (value - interval![0]))
  })

  test('of one value is not there', () => {
    expect(bootstrap([7])).toEqual({ value: 7 })
  })
})

describe("Holm's correction", () => {
  test('gives the values of the method by hand', () => {
    expect(holm([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02])
  })

  test('never lowers a p-value, keeps their order, and stays below 1', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 }),
        (p) => {
          const adjusted = holm(p)
          for (const [i, own] of p.entries()) {
            expect(adjusted[i]).toBeGreaterThanOrEqual(own)
            expect(adjusted[i]).toBeLessThanOrEqual(1)
            for (const [j, other] of p.entries())
              if (own < other) expect(adjusted[i]!).toBeLessThanOrEqual(adjusted[j]!)
          }
        },
      ),
    )
  })

  test('counts tests that are not told', () => {
    expect(holm([0.01, 0.04], 6)).toEqual([0.06, 0.2])
  })

  test('of the smallest is that of Bonferroni', () => {
    expect(holm([0.2, 0.001, 0.5])[1]).toBe(0.003)
  })
})
