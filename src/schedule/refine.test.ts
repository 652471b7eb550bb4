import { expect, test } from 'vitest'
import * as s from './index.ts'

test('equal gradient norms refine to the linear decay 1 − (t + 1) / T', () => {
  for (const norm of [1, 0.3, 7]) {
    const refined = s.values(s.refine(1, new Array(100).fill(norm)), 100)
    for (const [t, value] of refined.entries())
      expect(Math.abs(value - (1 - (t + 1) / 100))).toBeLessThan(1e-14)
  }
})

test('gradient norms that rise refine to a faster decay, and the schedule has a spec', () => {
  const refined = s.refine(0.1, [1, 1, 2, 4])
  expect(refined(1) / refined(0)).toBeLessThan(2 / 3)
  expect(refined(3)).toBe(0)
  expect(s.parse(refined.spec)(1)).toBe(refined(1))
})
