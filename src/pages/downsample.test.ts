import fc from 'fast-check'
import { expect, test } from 'vitest'
import { curveAt, m4, meansOver, smoothed } from './downsample.ts'

const values = fc.array(fc.integer(), { minLength: 1, maxLength: 400 })

test('what is kept draws the same columns of pixels: the first, least, greatest and last value of each', () => {
  fc.assert(
    fc.property(values, fc.integer({ min: 1, max: 20 }), (all, columns) => {
      const kept = m4(all, 0, all.length, columns)
      expect(kept).toEqual([...new Set(kept)].sort((a, b) => a - b))
      if (all.length <= 4 * columns) {
        expect(kept).toHaveLength(all.length)
        return
      }
      expect(kept.length).toBeLessThanOrEqual(4 * columns)
      for (let column = 0; column < columns; column++) {
        const [from, to] = [column, column + 1].map((at) => Math.floor((at * all.length) / columns))
        const [own, drawn] = [
          all.slice(from, to),
          kept.filter((i) => i >= from! && i < to!).map((i) => all[i]!),
        ]
        expect([drawn[0], drawn.at(-1)]).toEqual([own[0], own.at(-1)])
        expect([Math.min(...drawn), Math.max(...drawn)]).toEqual([Math.min(...own), Math.max(...own)])
      }
    }),
  )
})

test('a peak of one step among a hundred thousand is kept, within a part of them too', () => {
  const all = new Float64Array(100_000)
  all[65_537] = 7
  expect(m4(all, 0, all.length, 400)).toContain(65_537)
  expect(m4(all, 60_000, 70_000, 100)).toContain(65_537)
  expect(m4(all, 0, 60_000, 100)).not.toContain(65_537)
})

test('a value that is not a number is neither the least nor the greatest, and is sent as null', () => {
  const all = Float64Array.from({ length: 100 }, (_, i) => (i === 50 ? 9 : i % 10 === 0 ? Number.NaN : 1))
  const curve = curveAt(all, m4(all, 0, 100, 2))
  expect(curve.y).toContain(9)
  expect(curve.y[0]).toBe(null)
  expect(curveAt([1 / 3], [0]).y).toEqual([0.333333])
})

test('smoothing is the weighted mean of the past, with weights that fall by a factor', () => {
  const all = [4, 2, Number.NaN, 8]
  const keep = 0.75
  const expected = all.map((_, i) => {
    const past = all.slice(0, i + 1).map((value, j) => [value, keep ** (i - j)] as const)
    // A value that is missing does not age the others.
    const known = past.filter(([value]) => !Number.isNaN(value))
    const aged = known.map(([value], j) => [value, keep ** (known.length - 1 - j)] as const)
    return (
      aged.reduce((sum, [value, weight]) => sum + value * weight, 0) / aged.reduce((sum, [, w]) => sum + w, 0)
    )
  })
  Array.from(smoothed(all, keep)).forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, 12)
  })
  expect(Array.from(smoothed([1, 5, 2], 0))).toEqual([1, 5, 2])
})

test('means are over stretches of equal length, of which the last may be shorter', () => {
  expect(meansOver([1, 3, 5, 7, 20], 2)).toEqual({ x: [1, 3, 4], y: [2, 6, 20] })
})
