import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { histogram } from './histogram.ts'

describe('a histogram', () => {
  test('counts every finite number once, between min and max', () => {
    const number = fc.oneof(fc.double(), fc.float({ min: -1, max: 1 }), fc.constantFrom(0, 1, -1))
    fc.assert(
      fc.property(fc.array(number), fc.integer({ min: 1, max: 40 }), (values, buckets) => {
        const finite = values.filter(Number.isFinite)
        const found = histogram(values, buckets)
        expect(found === undefined).toBe(finite.length === 0)
        if (found === undefined) return
        expect(found.min === Math.min(...finite) && found.max === Math.max(...finite)).toBe(true)
        expect(found.counts.reduce((a, b) => a + b)).toBe(finite.length)
        expect(found.limits.at(-1)).toBe(found.max)
        expect(found.limits.toSorted((a, b) => a - b)).toEqual(found.limits)
        expect(found.counts.every((n) => Number.isInteger(n) && n >= 0)).toBe(true)
      }),
    )
  })

  test('puts a number on an edge to its right, and the greatest in the last bucket', () => {
    expect(histogram([0, 1, 2, 3, 4], 4)).toEqual({
      min: 0,
      max: 4,
      count: 5,
      sum: 10,
      sumOfSquares: 30,
      limits: [1, 2, 3, 4],
      counts: [1, 1, 1, 2],
    })
    expect(histogram([7, 7, Number.NaN])).toMatchObject({ limits: [7], counts: [2] })
    expect(histogram([0, -2e-323], 6)).toMatchObject({ limits: [0], counts: [2] }) // a width below 5e-324
  })
})
