import { expect, test } from 'vitest'
import { adaptive, agreement, coverage, distributions, simulated } from '../scripts/looks.ts'

// A small sample of what scripts/looks.ts simulates; 2,000 studies have a standard error of 0.5 points.

test.each(Object.keys(distributions).slice(0, 3))('the intervals of all looks hold the mean: %s', (name) => {
  expect(coverage(name, 2000, 1)).toBeGreaterThan(0.935)
})

test('outliers to one side cost coverage', () => {
  expect(coverage('normal, 5 % outliers 10σ to one side', 1000, 1)).toBeLessThan(0.9)
})

test('looks agree with the same 12 seeds more often than 12 others do, at less than 60 % of the trials', () => {
  const found = agreement(simulated(1, 1000, 1))
  expect(found.adaptive).toBeGreaterThan(found.independent)
  expect(found.elsewhere, 'with 12 others').toBeGreaterThan(found.independent - 0.06)
  expect(found.wrong).toBeLessThan(0.025)
  expect(found.trials).toBeLessThan(0.6)
})

test('looks stop once a difference is shown, and where none is in sight', () => {
  expect(adaptive([1, 1.01, 0.99])).toEqual({ verdict: 'shown', seeds: 3 })
  expect(adaptive([0.2, -0.19, -0.04])).toEqual({ verdict: 'not shown', seeds: 3 })
})
