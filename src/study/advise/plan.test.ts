import { describe, expect, test } from 'vitest'
import { planOf, usualBudget, wholeBudget } from './plan.ts'

describe('a plan', () => {
  test.each([
    [2520, 280],
    [5400, 600],
    [42_165, 4685],
    [3000, 4685],
    [1_000_000, 90],
  ])(
    'of %i steps for runs of %i spends at most 15 percent on short trials, of a third of a whole one',
    (budget, run) => {
      const { whole, short, shortTrials, isWhole } = planOf(budget, run)
      expect(short).toBe(Math.ceil(whole / 3))
      expect(short * shortTrials).toBeLessThanOrEqual(0.15 * budget)
      expect(isWhole).toBe(whole === run)
      expect(whole * 6).toBeLessThanOrEqual(budget - short * shortTrials)
    },
  )

  test.each([1, 28, 100, 280, 4685, 100_000])(
    'of the least whole budget has runs of full length: %i',
    (run) => {
      expect(planOf(wholeBudget(run), run).isWhole).toBe(true)
      if (run > 28) expect(planOf(wholeBudget(run) - 1, run).isWhole).toBe(false)
      expect(usualBudget(run)).toBe(18 * run)
    },
  )

  test('is refused where trials would say nothing', () => {
    expect(() => planOf(251, 4685)).toThrow(
      'advise: wanted a budget of 252 steps or more, got 251; a run has 4685, and trials as long as a run take 42165',
    )
    expect(planOf(252, 4685).short).toBe(10)
  })
})
