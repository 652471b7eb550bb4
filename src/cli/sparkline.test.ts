import { expect, test } from 'vitest'
import { Course, sparkline } from './sparkline.ts'

test('a curve is scaled to eight blocks, with its ends as numbers', () => {
  expect(sparkline([8, 7, 6, 5, 4, 3, 2, 1], 40)).toBe('█▇▆▅▄▃▂▁  8 to 1')
  expect(sparkline([3, 3], 40)).toBe('▁▁  3 to 3')
})

test('a curve that is wider than the line is averaged', () => {
  expect(sparkline([0, 0, 1, 1, 7, 7, 0, 14], 4)).toBe('▁▂██  0 to 14')
})

test('the course of a long series is means over stretches of equal length', () => {
  const course = new Course()
  for (let i = 0; i < 1000; i++) course.add(i)
  const { values } = course
  expect(values.length).toBe(250)
  expect(values.slice(0, 2)).toEqual([1.5, 5.5])
  expect(values.at(-1)).toBe(997.5)
})
