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

test('values are logarithms of losses, at most 1.5 above the best of a length and seed', () => {
  const values = valuesOf([trial(1), trial(2), trial(100), broken, trial(50, 1), trial(0.1, 0, 30)], loss)
  const expected = [0, Math.log(2), 1.5, 1.5, Math.log(50), Math.log(0.1)]
  for (const [i, value] of values.entries()) expect(value).toBeCloseTo(expected[i]!, 12)
})

test('a seed at which everything broke counts as 1.5 above the best of all', () => {
  expect(valuesOf([trial(1), { ...broken, seed: 3 }, trial(Number.NaN, 3)], loss)).toEqual([0, 1.5, 1.5])
})

test('values of an accuracy are logarithms of its error; of another metric, shares of its size', () => {
  const accurate = (score: number): Finished => ({
    ...trial(score),
    result: { ...resultOf(0), metrics: { validationAccuracy: score } },
  })
  const goal = { name: 'validationAccuracy', goal: 'max' } as const
  const [a, b] = valuesOf([accurate(0.9), accurate(0.95)], goal)
  expect(a! - b!).toBeCloseTo(Math.log(0.101 / 0.051), 12)
  expect(valuesOf([trial(-2), trial(4), trial(2)], { name: 'score', goal: 'max' })).toEqual(
    [1, -2, -1].map((x) => Math.min(x, -0.5)),
  )
})

test('there are none without a finite score', () => {
  expect(valuesOf([broken, trial(Number.NaN)], loss)).toEqual([])
})
