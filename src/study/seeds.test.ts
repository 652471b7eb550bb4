import { expect, test } from 'vitest'
import { showValue } from '../core/mismatch.ts'
import { firstSeeds, looksOf, seedsOption, seedsText } from './seeds.ts'

const read = (value: unknown) => seedsOption.read('study', 'seeds', value)

test('seeds are a number, or numbers after which to look', () => {
  expect(read(3)).toBe(3)
  expect(read({ looks: [3, 6, 12] })).toEqual({ looks: [3, 6, 12] })
  expect([firstSeeds(5), firstSeeds({ looks: [3, 6] })]).toEqual([5, 3])
  expect([looksOf(5), looksOf({ looks: [3, 6] })]).toEqual([undefined, [3, 6]])
  expect([seedsText(1), seedsText({ looks: [12] }), seedsText({ looks: [3, 6, 12] })]).toEqual([
    '1 seed',
    '12 seeds',
    '3, 6 or 12 seeds',
  ])
})

test.each([
  { looks: [] },
  { looks: [3, 5] },
  { looks: [1, 6] },
  { looks: [3, 20_000] },
  { look: [3, 6] },
  null,
])('%j is refused', (value) => {
  expect(() => read(value)).toThrow(
    `study: wanted seeds as { looks: [3, 6, 12] }, rising numbers from 2 on, at least 3 apart, got ${showValue(value)}`,
  )
})
