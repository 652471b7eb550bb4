import { describe, expect, test } from 'vitest'
import { random } from '../core/random.ts'
import { Pace } from './pace.ts'

/** Returns the steps of successive calls, and the duration of the last, where a call takes fixed + each · steps ms. */
function calls(fixed: number, each: number, count = 12): { readonly steps: number[]; readonly ms: number } {
  const pace = new Pace()
  const steps: number[] = []
  for (let i = 0; i < count; i++) {
    steps.push(pace.steps)
    pace.learn(pace.steps, fixed + each * pace.steps)
  }
  return { steps, ms: fixed + each * steps.at(-1)! }
}

describe('steps of a call', () => {
  test('a call without fixed cost takes 40 ms', () => {
    expect(calls(0, 1).steps.slice(0, 5)).toEqual([1, 4, 16, 40, 40])
  })

  test.each([
    [3, 1],
    [5, 4],
    [8, 2],
  ])('a call takes at least 20 times its fixed cost of %d ms', (fixed, each) => {
    const { ms } = calls(fixed, each)
    expect(ms).toBeGreaterThan(20 * fixed - 2 * each)
    expect(ms).toBeLessThan(20 * fixed + 2 * each)
  })

  test('a call takes at most 250 ms, however large its fixed cost, also where the first calls take 40 ms', () => {
    expect(calls(20, 4).ms).toBeLessThanOrEqual(250)
    expect(calls(20, 4).ms).toBeGreaterThan(240)
  })

  test('a call has at least one step and at most 1,024', () => {
    expect(calls(100, 300).steps.at(-1)).toBe(1)
    expect(calls(0, 1e-4).steps.at(-1)).toBe(1024)
  })

  test('a call that took unusually long does not raise the estimate of the fixed cost for good', () => {
    const pace = new Pace()
    for (const [steps, ms] of [
      [4, 300],
      [1, 1],
      [4, 4],
      [16, 16],
      [40, 40],
    ] as const)
      pace.learn(steps, ms)
    expect(pace.steps).toBe(40)
  })

  test('durations that vary by a quarter do not leave a call with a single step', () => {
    for (let seed = 0; seed < 20; seed++) {
      const stream = random('pace', String(seed))
      const pace = new Pace()
      const steps: number[] = []
      for (let i = 0; i < 200; i++) {
        steps.push(pace.steps)
        pace.learn(pace.steps, (8 + 35 * pace.steps) * stream.uniform(0.8, 1.3))
      }
      const few = steps.slice(100).filter((count) => count === 1)
      expect(few.length, `seed ${seed}`).toBeLessThan(50)
    }
  })
})
