import { expect, test } from 'vitest'
import { random } from '../../core/random.ts'
import { Reservoir } from './reservoir.ts'

const medianOf = (numbers: readonly number[], most = Number.POSITIVE_INFINITY): number | undefined => {
  const reservoir = new Reservoir('column', most)
  for (const number of numbers) reservoir.add(number)
  return reservoir.median()
}

test('a median is the middle number, or the mean of the two in the middle', () => {
  expect(medianOf([])).toBeUndefined()
  expect(medianOf([3])).toBe(3)
  expect(medianOf([3, 1])).toBe(2)
  expect(medianOf([5, 1, 4, 1, 9])).toBe(4)
  const stream = random(0, 'median')
  for (let n = 1; n < 200; n++) {
    const numbers = Array.from({ length: n }, () => Math.floor(stream.uniform(0, 1 + n / 3)))
    const sorted = numbers.toSorted((a, b) => a - b)
    expect(medianOf(numbers)).toBe((sorted[(n - 1) >> 1]! + sorted[n >> 1]!) / 2)
  }
})

test('of more numbers than are kept, it is that of a random sample', () => {
  const numbers = Array.from({ length: 50_000 }, (_, i) => i)
  // The median of 1000 of 50,000 uniform numbers has a standard deviation of 50,000 / (2 √1000) = 790.
  expect(Math.abs(medianOf(numbers, 1000)! - 25_000)).toBeLessThan(4 * 790)
  expect(medianOf(numbers, 1000)).toBe(medianOf(numbers, 1000))
})
