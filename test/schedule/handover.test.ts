import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as schedule from '../../src/schedule/index.ts'

const value = fc.double({ min: 1e-4, max: 10, noNaN: true })
const steps = fc.integer({ min: 1, max: 2000 })

test('a warmup hands over to the schedule at its own beginning, by no more than one step of the rise', () => {
  fc.assert(
    fc.property(value, steps, steps, (peak, n, tMax) => {
      const inner = schedule.cosineAnnealing(peak, { tMax })
      const warm = schedule.warmup(inner, { steps: n })
      expect(warm(n)).toBeCloseTo(inner(0), 12)
      expect(warm(n + tMax)).toBeCloseTo(inner(tMax), 12)
      expect(Math.abs(warm(n) - warm(n - 1))).toBeLessThanOrEqual((peak / n) * (1 + 1e-9))
    }),
  )
})

test('a sequence counts each part from 0, and joins two that meet without a jump', () => {
  fc.assert(
    fc.property(value, steps, steps, (peak, n, tMax) => {
      const rise = schedule.linear(peak, { startFactor: 0, totalIters: n })
      const fall = schedule.cosineAnnealing(peak, { tMax })
      const both = schedule.sequential([rise, fall], { milestones: [n] })
      expect(both(n - 1)).toBe(rise(n - 1))
      expect(both(n)).toBe(fall(0))
      expect(both(n + tMax)).toBe(fall(tMax))
      expect(Math.abs(both(n) - both(n - 1))).toBeLessThanOrEqual((peak / n) * (1 + 1e-9))
    }),
  )
})
