import fc from 'fast-check'
import { expect, test } from 'vitest'
import { logTicks } from './chart.ts'

test('a logarithmic axis is marked at powers of ten, or between them where it is short', () => {
  expect(logTicks(0.001, 1)).toEqual([0.001, 0.01, 0.1, 1])
  expect(logTicks(1e-9, 1)).toEqual([1e-8, 1e-6, 1e-4, 1e-2, 1])
  expect(logTicks(0.07, 2.4)).toEqual([0.1, 0.2, 0.5, 1, 2])
  expect(logTicks(0.031, 0.074)).toEqual([0.04, 0.05, 0.06, 0.07])
})

test('marks lie on the axis, rise, and are few', () => {
  const exponent = fc.double({ min: -12, max: 8, noNaN: true })
  fc.assert(
    fc.property(exponent, fc.double({ min: 0, max: 12, noNaN: true }), (power, decades) => {
      const [low, high] = [10 ** power, 10 ** (power + decades)]
      const ticks = logTicks(low, high)
      expect(ticks.length).toBeLessThanOrEqual(10)
      expect(decades < 1 || ticks.length > 1).toBe(true)
      for (const [i, tick] of ticks.entries()) {
        expect(tick).toBeGreaterThan(i === 0 ? low * 0.999 : ticks[i - 1]!)
        expect(tick).toBeLessThan(high * 1.001)
      }
    }),
  )
})
