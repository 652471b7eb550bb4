import { expect, test } from 'vitest'
import { resultOf } from '../../../test/support/advice.ts'
import type { Finished } from '../analysis/findings.ts'
import { valuesOf } from './scores.ts'

const trial = (score: number, seed = 0, steps = 90): Finished => ({
  ...{ id: 0, settings: {}, seed, steps, rung: 1 },
  result: { ...resultOf(score), metrics: { score } },
})
const broken: Finished = { ...trial(1), result: { ...resultOf(1), status: 'diverged', metrics: {} } }
const loss = { name: 'score', goal: 'min' } as const

/** A value that is d above the best. */
const above = (d: number): number => 0.6 * (1 - Math.exp(-d / 0.6))

test('values are logarithms of losses, pressed to at most 0.6 above the best of a length and seed', () => {
  const values = valuesOf([trial(1), trial(2), trial(1e9), broken, trial(50, 1), trial(0.1, 0, 30)], loss)
  const expected = [0, above(Math.log(2)), 0.6, 0.6, Math.log(50), Math.log(0.1)]
  for (const [i, value] of values.entries()) expect(value).toBeCloseTo(expected[i]!, 12)
  expect(above(0.01)).toBeCloseTo(0.01, 3)
})

test('a seed at which everything broke counts as 0.6 above the best of all', () => {
  expect(valuesOf([trial(1), { ...broken, seed: 3 }, trial(Number.NaN, 3)], loss)).toEqual([0, 0.6, 0.6])
})

test('a cross-entropy of few examples counts a quarter of one more, misjudged as surely as they are judged right', () => {
  const [sure, fair] = valuesOf([trial(1e-4), trial(0.07, 1)], loss, 20)
  expect(sure).toBeCloseTo(Math.log((20 * 1e-4 + 0.25 * Math.log(1 + 1e4)) / 20.25), 12)
  expect(sure! > fair!).toBe(true)
  const [all, others] = valuesOf([trial(1e-4), trial(0.07, 1)], loss, 1e6)
  expect(all! < others!).toBe(true)
})

test('values of an accuracy are logarithms of its error; of another metric, shares of its size', () => {
  const accurate = (score: number, seed: number): Finished => ({
    ...trial(score, seed),
    result: { ...resultOf(0), metrics: { validationAccuracy: score } },
  })
  const goal = { name: 'validationAccuracy', goal: 'max' } as const
  const [a, b] = valuesOf([accurate(0.9, 0), accurate(0.95, 1)], goal)
  expect(a! - b!).toBeCloseTo(Math.log(0.101 / 0.051), 12)
  expect(valuesOf([trial(-2, 0), trial(4, 1), trial(2, 2)], { name: 'score', goal: 'max' })).toEqual([
    1, -2, -1,
  ])
})

test('there are none without a finite score', () => {
  expect(valuesOf([broken, trial(Number.NaN)], loss)).toEqual([])
})
