import { describe, expect, test } from 'vitest'
import { planOf, seedsBudget, wholeBudget } from './plan.ts'

describe('a plan', () => {
  test('has rounds three times as long as the one before, and spends no more than the budget', () => {
    for (const [budget, run] of [
      [2520, 280],
      [5400, 600],
      [42165, 4685],
      [3000, 4685],
    ] as const) {
      const { ramp, rounds, whole } = planOf(budget, run)
      const [first, second, last] = rounds
      expect(2 * ramp + 10 * first + 8 * second + 4 * last).toBeLessThanOrEqual(budget)
      expect(last / second).toBeCloseTo(3, 1)
      expect(whole).toBe(last === run)
    }
  })

  test.each([100, 280, 4685, 100_000])('of the least whole budget has runs of full length: %i', (run) => {
    expect(planOf(wholeBudget(run), run).whole).toBe(true)
  })

  test.each([90, 280, 600, 1500, 4685])('of the budget for three seeds pays for them: %i', (run) => {
    const budget = seedsBudget(run, 3)
    const { ramp, rounds, whole } = planOf(budget, run)
    const [first, second, last] = rounds
    expect(whole).toBe(true)
    expect(2 * ramp + 10 * first + 8 * second + 4 * last + 4 * run).toBeLessThanOrEqual(budget)
  })

  test('is refused where trials would say nothing', () => {
    expect(() => planOf(500, 4685)).toThrow(
      'advise: wanted a budget of 820 steps or more, got 500; a run has 4685, and trials as long as a run take 37639',
    )
  })
})
