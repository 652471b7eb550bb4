import { expect, test } from 'vitest'
import { exhausted, firstFire, noiseOf, patienceFor } from '../studies/support/patience.ts'

test('a patience is exhausted after one more measurement without a new best loss', () => {
  expect(firstFire([3, 2, 2.5, 2.4, 1], 1)).toBe(3)
  expect(firstFire([3, 2, 2.5, 2.4, 1], 2)).toBe(5)
})

test('noise is measured about a trend', () => {
  expect(noiseOf([9, 8, 7, 6, 5])).toBe(0)
  const zigzag = Array.from({ length: 400 }, (_, k) => 5 - 0.01 * k + (k % 2 === 0 ? 0.1 : -0.1))
  expect(noiseOf(zigzag)).toBeCloseTo((0.1 * 4) / Math.sqrt(6), 10)
})

test('patience is three times the noise by the fall; a third of that is exhausted in most series that fall', () => {
  expect([patienceFor(0.1, 0.1), patienceFor(0.1, 0.04), patienceFor(0, 1)]).toEqual([3, 8, 1])
  expect(exhausted(0.5, patienceFor(1, 0.5), 50, 400)).toBeLessThanOrEqual(0.06)
  expect(exhausted(0.5, 2, 50, 400)).toBeGreaterThan(0.5)
})
