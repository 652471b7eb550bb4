import { describe, expect, test } from 'vitest'
import { divergedTest, judge, logRatios } from './judge.ts'
import { lookLevel } from './looks.ts'
import { studentQuantile } from './statistics.ts'

describe('judging a claim', () => {
  test('gives Student’s interval with the level of the looks', () => {
    // mean 2, standard error 1/√3
    const { value, interval } = judge([1, 2, 3])
    const margin = studentQuantile(1 - lookLevel([3, 6, 12]) / 2, 2) / Math.sqrt(3)
    expect(value).toBe(2)
    expect(interval[0]).toBeCloseTo(2 - margin, 12)
    expect(interval[1]).toBeCloseTo(2 + margin, 12)
  })

  test('has three verdicts', () => {
    const verdictOf = (values: number[]) => judge(values).says
    expect(verdictOf([0.31, 0.28, 0.35])).toBe('shown')
    expect(verdictOf([-0.31, -0.28, -0.35])).toBe('shown otherwise')
    expect(verdictOf([0.1, -0.2, 0.3, 0.1, 0.4, 0.2])).toBe('not shown with 6 seeds')
    expect(judge([5], { above: 0 }, [3], 2).says).toBe('not shown with 1 seed')
  })

  test('shows that a mean is within bounds, or outside', () => {
    const values = [0.31, 0.28, 0.35]
    expect(judge(values, { above: -1, below: 1 }).verdict).toBe('shown')
    expect(judge(values, { above: 0.3, below: 1 }).verdict).toBe('not shown')
    expect(judge(values, { above: -1, below: 0 }).verdict).toBe('shown otherwise')
    expect(judge(values, { below: 1 }).verdict).toBe('shown')
  })

  test('learns nothing from a few equal values, and something from many', () => {
    const equal = (n: number) => judge(new Array<number>(n).fill(0.5))
    expect(equal(3)).toMatchObject({ interval: [-Infinity, Infinity], verdict: 'not shown' })
    expect(equal(6)).toMatchObject({ interval: [-Infinity, Infinity], verdict: 'not shown' })
    expect(equal(12)).toMatchObject({ interval: [0.5, 0.5], verdict: 'shown' })
    for (const n of [3, 6, 12]) expect(equal(n).p < 0.05).toBe(equal(n).verdict === 'shown')
  })

  test('a p-value below 0.05 and an interval without 0 are the same', () => {
    for (let shift = 0.05; shift < 1; shift += 0.05) {
      const { p, interval } = judge([0.1 + shift, shift, shift - 0.12, shift + 0.05, shift - 0.04, shift])
      expect(p < 0.05).toBe(interval[0] > 0)
    }
  })

  test('judges at looks alone, at which a seed that diverged is a seed', () => {
    const values = [0.31, 0.28, 0.35, 0.3, 0.29]
    expect(() => judge(values)).toThrow(
      'judge: wanted the seeds of one of 3 looks, at 3, 6, 12 seeds, got 5; run the seeds of a look, or give the looks as they were planned, such as [5]',
    )
    expect(() => judge(values.slice(0, 3), { above: 0 }, [12])).toThrow(
      'judge: wanted the seeds of one of 1 look, at 12 seeds, got 3; run the seeds of a look, or give the looks as they were planned, such as [3]',
    )
    expect(() => judge([5])).toThrow('got 1; run the seeds of a look')
    expect(judge(values, { above: 0 }, [3, 6, 12], 1)).toMatchObject({ seeds: 5, verdict: 'shown' })
    expect(judge(values, { above: 0 }, [5]).seeds).toBe(5)
    expect(() => judge(values, { above: 0 }, [3, 6, 12], -1)).toThrow(
      'judge: wanted diverged as an integer ≥ 0, got -1',
    )
  })

  test('refuses what diverged', () => {
    expect(() => judge([1, Number.NaN])).toThrow(
      'judge: wanted finite numbers, one per seed, got NaN; count diverged trials apart',
    )
    expect(() => judge([])).toThrow(
      'judge: wanted finite numbers, one per seed, got none; count diverged trials apart',
    )
    expect(() => judge([1, 2], { above: 3, below: 1 })).toThrow(
      'judge: wanted above less than below, got 3 and 1; swap them',
    )
  })
})

test('log ratios are paired, and refuse what has no logarithm', () => {
  expect(logRatios([2, 8], [1, 2])).toEqual([Math.log(2), Math.log(4)])
  expect(() => logRatios([1], [1, 2])).toThrow('logRatios: wanted as many numbers in both lists, got 1 and 2')
  expect(() => logRatios([1, 0], [1, 2])).toThrow('logRatios: wanted finite numbers above 0, got 0')
})

describe('the test of how often two arms diverge', () => {
  const arm = (diverged: number, seeds: number): boolean[] =>
    Array.from({ length: seeds }, (_, i) => i < diverged)

  // scipy.stats.binomtest(1, 7), (0, 3), (2, 9) and (1400, 3000).
  test.each([
    [1, 6, 0.125],
    [0, 3, 0.25],
    [2, 7, 0.1796875],
    [1400, 1600, 0.00027856396103923366],
  ])('%i against %i seeds that tell the arms apart: p = %d', (first, second, p) => {
    const n = first + second
    expect(
      divergedTest(
        arm(first, n),
        arm(first, n).map((x) => !x),
      ),
    ).toBeCloseTo(p, 12)
  })

  test('learns nothing from seeds with which both diverge, or neither', () => {
    expect(divergedTest([true, false, true], [true, false, true])).toBe(1)
    expect(() => divergedTest([true], [])).toThrow(
      'divergedTest: wanted as many seeds in both arms, got 1 and 0',
    )
  })
})
