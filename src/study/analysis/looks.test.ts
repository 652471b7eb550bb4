import { describe, expect, test } from 'vitest'
import { crossing, lookLevel, sequentialP } from './looks.ts'
import { studentQuantile } from './statistics.ts'

describe('the chance that a test falls below a level at one look or more', () => {
  // Simulated by scripts/golden-looks.py: ten million studies each; the last number is the standard error.
  test.each([
    [[3, 6, 12], 0.3, 0.565673, 1.6e-4],
    [[3, 6, 12], 0.05, 0.122883, 1.0e-4],
    [[3, 6, 12], 0.0189, 0.050046, 6.9e-5],
    [[3, 6, 12], 0.01, 0.027373, 5.2e-5],
    [[3, 6, 12], 0.001, 0.002929, 1.7e-5],
    [[3, 6], 0.05, 0.089228, 9.0e-5],
    [[5, 10, 20], 0.05, 0.118988, 1.0e-4],
    [[5, 10, 20], 0.0189, 0.048421, 6.8e-5],
    [[2, 5], 0.0189, 0.036482, 5.9e-5],
  ])('looks at %j, level %d: %d', (looks, level, simulated, error) => {
    expect(Math.abs(crossing(looks, level) - simulated)).toBeLessThan(3.5 * error)
  })

  test('is the level itself for one look, and 1 for level 1', () => {
    expect(crossing([12], 0.03)).toBe(0.03)
    expect(crossing([3, 6, 12], 1)).toBe(1)
  })
})

describe('the level of each look', () => {
  test('spends 4 of the 5 % on normal differences', () => {
    expect(crossing([3, 6, 12], lookLevel([3, 6, 12]))).toBeCloseTo(0.04, 8)
    expect(sequentialP([3, 6, 12], lookLevel([3, 6, 12]))).toBeCloseTo(0.05, 8)
    expect(lookLevel([12])).toBeCloseTo(0.04, 12)
  })

  test('makes intervals 1.9, 1.4 and 1.3 times as wide as those of Student', () => {
    const level = lookLevel([3, 6, 12])
    const widths = [3, 6, 12].map(
      (n) => studentQuantile(1 - level / 2, n - 1) / studentQuantile(0.975, n - 1),
    )
    expect(widths.map((width) => Number(width.toFixed(1)))).toEqual([1.9, 1.4, 1.3])
  })
})
