import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse, summary } from '../schedule/index.ts'
import { isOwnSchedules, ownSchedule, scheduleNames, scheduleText } from './schedules.ts'

const peaks = fc.double({ min: 1e-4, max: 10, noNaN: true }).map((x) => Number(x.toPrecision(6)))
const steps = fc.integer({ min: 40, max: 20_000 })

describe.each(scheduleNames)('%s', (name) => {
  test('never goes above its peak nor below 0, and comes within 10 % of it', () => {
    fc.assert(
      fc.property(peaks, steps, (peak, length) => {
        const { peak: highest, lowest } = summary(parse(scheduleText(name, peak, length)), length)
        expect(highest).toBeLessThanOrEqual(peak * (1 + 1e-12))
        expect(highest).toBeGreaterThan(0.9 * peak)
        expect(lowest).toBeGreaterThanOrEqual(0)
      }),
      { numRuns: 20 },
    )
  })

  test('has the shape that it has in other lengths', () => {
    const at = (length: number): number[] => {
      const schedule = parse(scheduleText(name, 1, length))
      return Array.from({ length: 20 }, (_, i) => schedule(Math.floor(((i + 0.5) * length) / 20)))
    }
    for (const [i, value] of at(4000).entries()) expect(value).toBeCloseTo(at(40_000)[i]!, 2)
  })

  test('can be made for a run of a few steps', () => {
    for (let length = 1; length < 12; length++) {
      const schedule = parse(scheduleText(name, 0.5, length))
      for (let step = 0; step < length; step++) expect(schedule(step)).toSatisfy((x) => x >= 0 && x <= 0.5)
    }
  })
})

describe('named schedules end', () => {
  test.each([
    ['constant', 1],
    ['linear', 0],
    ['cosine', 0],
    ['step', 0.01],
    ['exponential', 0.01],
    ['inverseSqrt', 1 / Math.sqrt(21)],
    ['warmupLinear', 0],
    ['warmupCosine', 0],
    ['warmupRex', 0],
    ['oneCycle', 0],
    ['wsd', 0],
    ['rex', 0],
    ['restarts', 0],
    ['cyclic', 0.1],
  ])('%s at %d of the peak', (name, share) => {
    expect(parse(scheduleText(name, 2, 10_000))(9_999)).toBeCloseTo(2 * share, 2)
  })

  test('and are all in this table', () => expect(scheduleNames).toHaveLength(14))
})

describe('a template', () => {
  test('has places for rate, steps and parts of them', () => {
    expect(scheduleText('warmup {5%} + cosine {lr} to 0 over {95%}', 0.1, 1000)).toBe(
      'warmup 50 + cosine 0.1 to 0 over 950',
    )
    expect(scheduleText("lambda({lr}, 'step / (step + 1)')", 0.1, 10)).toBe(
      "lambda(0.1, factor: 'step / (step + 1)')",
    )
    expect(scheduleText('linear 1 to 0 over {steps}', undefined, 10)).toBe('linear 1 to 0 over 10')
    expect(scheduleText('0.1 for {0.1%} then 0.2', undefined, 10)).toBe('0.1 for 1 then 0.2')
  })

  test('may have percentages, like every schedule', () => {
    expect(scheduleText('warmup 5% + cosine {lr} to 0', 0.1, 1000)).toBe(
      'warmup 50 + cosine 0.1 to 0 over 950',
    )
    expect(scheduleText('multiStep({lr}, milestones: [50%, 75%])', 1, 30)).toBe(
      'multiStep(1, milestones: [15, 22.5])',
    )
  })

  test('is refused with other places, without a rate for {lr}, and when it is no schedule', () => {
    expect(() => scheduleText('cosine {rate} to 0 over 5', 1, 5)).toThrow(
      'study: wanted {lr}, {steps} or {5%} in a schedule, got "{rate}"',
    )
    expect(() => scheduleText('cosine {lr} to 0 over 5', undefined, 5)).toThrow(
      'study: wanted factors.lr for schedule cosine {lr} to 0 over 5, got nothing; name the rates',
    )
    expect(() => scheduleText('cosine {lr} over', 1, 5)).toThrow(/^schedule\.parse: wanted /)
  })
})

describe("a study's own schedule", () => {
  const run = { lr: 0.5, steps: 4 }

  test('is a template, the text of a schedule, or its values at each step', () => {
    expect(ownSchedule({ half: '{lr} for 50%' }, 'half', run)).toBe('{lr} for 50%')
    expect(ownSchedule({ cos: ({ lr }) => `cosine ${lr} to 0` }, 'cos', run)).toBe('cosine 0.5 to 0 over 4')
    const harmonic =
      ({ lr, steps }: { lr: number; steps: number }) =>
      (step: number) =>
        (lr * step) / steps
    expect(ownSchedule({ harmonic }, 'harmonic', run)).toEqual({
      type: 'table',
      values: [0, 0.125, 0.25, 0.375],
    })
    expect(ownSchedule({ harmonic }, 'cosine', run)).toBeUndefined()
  })

  test('has a name of its own, and finite values', () => {
    expect(isOwnSchedules({ half: '{lr}' })).toBe(true)
    for (const wrong of [{ cosine: '{lr}' }, { 'a b': '{lr}' }, { half: 3 }, null])
      expect(isOwnSchedules(wrong)).toBe(false)
    expect(() => ownSchedule({ bad: () => (step) => 1 / (2 - step) }, 'bad', run)).toThrow(
      'study: wanted schedules.bad as a finite number at step 2, got Infinity',
    )
    expect(() => ownSchedule({ bad: () => 3 }, 'bad', run)).toThrow(
      'study: wanted schedules.bad to return a schedule, got 3',
    )
    expect(() => ownSchedule({ bad: () => 'cosine 1 to 0' }, 'bad', { lr: undefined, steps: 4 })).toThrow(
      'study: wanted factors.lr for schedule bad, got nothing; name the rates',
    )
  })
})
