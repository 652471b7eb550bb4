import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as s from '../../src/schedule/index.ts'

const cosine = s.cosineAnnealing(0.1, { tMax: 100 })
const close = (list: readonly number[]) => list.map((value) => expect.closeTo(value, 7))

describe('after the end', () => {
  const options = { startFactor: 0, endFactor: 1, totalIters: 4 }

  test('a schedule holds, repeats, goes on, or throws', () => {
    expect(s.values(s.linear(1, options), 8)).toEqual([0, 0.25, 0.5, 0.75, 1, 1, 1, 1])
    expect(s.values(s.linear(1, { ...options, after: 'repeat' }), 8)).toEqual([
      0, 0.25, 0.5, 0.75, 0, 0.25, 0.5, 0.75,
    ])
    expect(s.values(s.linear(1, { ...options, after: 'extrapolate' }), 8)).toEqual([
      0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75,
    ])
    expect(s.values(s.linear(1, { ...options, after: 'throw' }), 5)).toEqual([0, 0.25, 0.5, 0.75, 1])
    expect(() => s.values(s.linear(1, { ...options, after: 'throw' }), 6)).toThrow('wanted a step ≤ 4, got 5')
  })

  test('a repeated oneCycle shows its last value before it begins again', () => {
    const once = s.oneCycle(1, { totalSteps: 10 })
    const again = s.oneCycle(1, { totalSteps: 10, after: 'repeat' })
    expect(s.values(again, 20)).toEqual([...s.values(once, 10), ...s.values(once, 10)])
  })

  test('a repeated cosine is one with warm restarts', () => {
    const repeated = s.cosineAnnealing(0.1, { tMax: 7, after: 'repeat' })
    expect(s.values(repeated, 50)).toEqual(s.values(s.cosineAnnealingWarmRestarts(0.1, { t0: 7 }), 50))
  })

  test('holding is left out of the spec, the rest is in it', () => {
    expect(s.linear(1, { after: 'hold' }).spec).not.toHaveProperty('after')
    expect(s.linear(1, { after: 'repeat' }).spec).toMatchObject({ after: 'repeat' })
  })
})

describe('numbers from elsewhere', () => {
  test('of the papers', () => {
    expect(s.noam(1, { modelSize: 512, warmupSteps: 4000 })(3999)).toBeCloseTo(512 ** -0.5 * 4000 ** -0.5, 15)
    expect(s.rex(0.3, { totalSteps: 100 })(50)).toBeCloseTo(0.2, 15)
    expect(s.cosineAnnealingWarmRestarts(1, { t0: 3, tMult: 2 })(6)).toBeCloseTo(0.5, 15)
  })

  test('of Keras: exponential staircase, inverse time, polynomial cycle, warm restarts that shrink', () => {
    expect(s.exponential(1, { gamma: 0.5, decaySteps: 10, staircase: true })(25)).toBe(0.25)
    expect(s.exponential(1, { gamma: 0.5, decaySteps: 10 })(25)).toBeCloseTo(0.5 ** 2.5, 15)
    expect(s.inverseTime(1, { decayRate: 0.5, decaySteps: 10 })(20)).toBe(0.5)
    expect(s.naturalExp(1, { decayRate: 0.5, decaySteps: 10 })(20)).toBeCloseTo(Math.exp(-1), 15)
    const cycle = s.polynomial(1, { totalIters: 10, cycle: true, endValue: 0.1 })
    expect([0, 5, 10, 15, 20, 25].map(cycle)).toEqual(close([1, 0.55, 0.1, 0.325, 0.1, 0.25]))
    const shrinking = s.cosineAnnealingWarmRestarts(1, { t0: 10, tMult: 2, cycleDecay: 0.5 })
    expect([0, 5, 10, 20, 30].map(shrinking)).toEqual(close([1, 0.5, 0.5, 0.25, 0.25]))
  })

  test('of timm: k-decay and tanh', () => {
    expect(s.cosineAnnealing(1, { tMax: 10, kDecay: 2 })(5)).toBeCloseTo((1 + Math.cos(Math.PI / 4)) / 2, 15)
    const tanh = s.tanh(1, { totalSteps: 10 })
    expect(tanh(7)).toBeCloseTo(0.5, 12)
    expect(tanh(10)).toBeCloseTo((1 - Math.tanh(3)) / 2, 15)
  })

  test('of Optax: an exponent on the cosine, and its cosine_onecycle', () => {
    expect(s.cosineAnnealing(1, { tMax: 10, exponent: 2 })(5)).toBeCloseTo(0.25, 15)
    const cycle = s.piecewiseCosine([[0, 0.04], [3, 1], [10, 4e-6]]) // biome-ignore format: points
    expect([0, 1.5, 3, 6.5, 10].map(cycle)).toEqual(close([0.04, 0.52, 1, 0.500002, 4e-6]))
  })

  test('of Hugging Face: warmup from 0 and 1 − √p', () => {
    const wsd = s.warmupStableDecay(1, {
      warmupSteps: 4,
      stableSteps: 4,
      decaySteps: 16,
      decayShape: '1-sqrt',
      startFactor: 0,
      endFactor: 0.1,
    })
    expect([0, 2, 4, 8, 12, 24, 30].map(wsd)).toEqual(close([0, 0.5, 1, 1, 0.55, 0.1, 0.1]))
    const linear = s.warmup(s.linear(1, { startFactor: 1, endFactor: 0, totalIters: 8 }), {
      steps: 2,
      startFactor: 0,
    })
    expect(s.values(linear, 11)).toEqual(close([0, 0.5, 1, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125, 0]))
  })

  test('of fastai: flat, then cosine', () => {
    expect([0, 75, 87.5, 100].map(s.flatCosine(1, { totalSteps: 100 }))).toEqual(close([1, 1, 0.5, 0]))
  })
})

describe('warm restarts', () => {
  test('begin at the top, at every whole boundary that float64 can hold', () => {
    for (const tMult of [2, 3, 5, 10]) {
      for (const t0 of [1, 3, 7, 10]) {
        const schedule = s.cosineAnnealingWarmRestarts(1, { t0, tMult })
        let start = 0
        for (let length = t0; start < 1e12; length *= tMult) {
          expect(schedule(start), `${t0} ${tMult} ${start}`).toBe(1)
          expect(schedule(start + length - 1), `${t0} ${tMult} ${start + length - 1}`).toBeLessThan(
            length === 1 ? 2 : 0.76,
          )
          start += length
        }
      }
    }
  })
})

describe('warmup', () => {
  const positive = fc.double({ min: 1e-6, max: 10, noNaN: true })
  const shapes = fc.constantFrom('linear', 'cosine', 'exponential' as const)

  test('does not waste its first step, and meets the schedule without a jump', () => {
    fc.assert(
      fc.property(
        positive,
        fc.integer({ min: 1, max: 1000 }),
        shapes,
        fc.boolean(),
        (lr, steps, shape, inside) => {
          const inner = s.cosineAnnealing(lr, { tMax: 3000 })
          const schedule = s.warmup(inner, { steps, shape, inside })
          const target = inner(inside ? steps : 0)
          const gap = Math.abs(schedule(steps - 1e-9) - target) / lr
          return schedule(0) > 0 && schedule(steps) === target && gap < 1e-6
        },
      ),
    )
  })

  test('linear: (step + 1) / (steps + 1) of the target', () => {
    expect(s.values(s.warmup(s.constant(1), { steps: 4 }), 6)).toEqual(close([0.2, 0.4, 0.6, 0.8, 1, 1]))
  })

  test('cosine, exponential, constant', () => {
    const rise = (shape: s.WarmupShape) => s.warmup(s.constant(1), { steps: 2, startFactor: 0.25, shape })
    expect(s.values(rise('cosine'), 3)).toEqual(close([0.25, 0.625, 1]))
    expect(s.values(rise('exponential'), 3)).toEqual(close([0.25, 0.5, 1]))
    expect(s.values(rise('constant'), 3)).toEqual([0.25, 0.25, 1])
  })

  test('inside: the schedule ends where it did', () => {
    const schedule = s.warmup(cosine, { steps: 10, inside: true })
    expect(schedule(60)).toBe(cosine(60))
    expect(s.warmup(cosine, { steps: 10 })(60)).toBe(cosine(50))
  })
})

describe('composition', () => {
  test('sequential: each part counts from 0, also when nested', () => {
    const parts = [s.linear(1), s.step(0.5, { stepSize: 3 }), cosine]
    const flat = s.sequential(parts, { milestones: [5, 11] })
    const nested = s.sequential([s.sequential(parts.slice(0, 2), { milestones: [5] }), cosine], {
      milestones: [11],
    })
    expect(s.values(nested, 40)).toEqual(s.values(flat, 40))
    expect([flat(4), flat(5), flat(10), flat(11), flat(20)]).toEqual([
      parts[0]!(4),
      0.5,
      parts[1]!(5),
      0.1,
      cosine(9),
    ])
  })

  test('a sequence hands over without a jump where one ends at the next one’s first value', () => {
    const joined = s.parse('linear 0 to 0.1 over 10 for 10 then cosine 0.1 to 0 over 100')
    fc.assert(
      fc.property(
        fc.double({ min: 9.999, max: 10.001, noNaN: true }),
        (t) => Math.abs(joined(t) - 0.1) < 1e-4,
      ),
    )
  })

  test('chained is the product, scaled a multiple', () => {
    expect(s.chained([cosine, s.constant(2), s.constant(3)])(30)).toBeCloseTo(6 * cosine(30), 15)
    expect(s.scaled(cosine, { factor: 3 })(30)).toBe(3 * cosine(30))
  })

  test('shifted begins later, or further on', () => {
    expect([0, 10, 30].map(s.shifted(cosine, { steps: 10 }))).toEqual([cosine(0), cosine(0), cosine(20)])
    expect(s.shifted(cosine, { steps: -10 })(20)).toBe(cosine(30))
  })

  test('perEpoch keeps a value for an epoch, unless smooth', () => {
    expect(s.perEpoch(cosine, { stepsPerEpoch: 7 })(20)).toBe(cosine(2))
    expect(s.perEpoch(cosine, { stepsPerEpoch: 7, smooth: true })(20)).toBe(cosine(20 / 7))
  })

  test('periodic and clamped', () => {
    expect(s.periodic(cosine, { period: 30 })(65)).toBe(cosine(5))
    expect([0, 50, 100].map(s.clamped(cosine, { min: 0.02, max: 0.06 }))).toEqual([0.06, 0.05, 0.02])
  })
})

describe('noise', () => {
  const noisy = (options: Partial<s.NoiseOptions>) => s.noise(s.constant(1), { amplitude: 0.5, ...options })

  test('is of the seed and the step alone', () => {
    expect(s.values(noisy({ seed: 1 }), 100)).toEqual(s.values(noisy({ seed: 1 }), 100))
    expect(s.values(noisy({ seed: 1 }), 100)).not.toEqual(s.values(noisy({ seed: 2 }), 100))
    expect(noisy({})(2 ** 32 + 5)).not.toBe(noisy({})(5))
  })

  test('stays within its amplitude, around the schedule, without a pattern', () => {
    const values = s.values(noisy({}), 20_000).map((v) => (v - 1) / 0.5)
    const mean = (list: readonly number[]) => list.reduce((sum, x) => sum + x, 0) / list.length
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(1)
    expect(Math.abs(mean(values))).toBeLessThan(0.02)
    expect(Math.abs(mean(values.map((v) => v * v)) - 1 / 3)).toBeLessThan(0.01)
    expect(Math.abs(mean(values.slice(1).map((v, i) => v * values[i]!)))).toBeLessThan(0.02)
  })

  test('normal: of the standard deviation asked for, and no further than three', () => {
    const values = s
      .values(noisy({ distribution: 'normal', amplitude: 0.1 }), 20_000)
      .map((v) => (v - 1) / 0.1)
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(3 + 1e-9)
    expect(Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length)).toBeCloseTo(0.987, 1)
  })
})

test('values and summary', () => {
  expect(s.values(s.constant(2), 3)).toEqual([2, 2, 2])
  expect(s.summary(s.parse('linear 0 to 1 over 10 for 10 then linear 1 to 0 over 10'), 21)).toEqual({
    steps: 21,
    first: 0,
    last: 0,
    peak: 1,
    peakStep: 10,
    lowest: 0,
    area: expect.closeTo(10, 12),
    mean: expect.closeTo(10 / 21, 12),
    tail: 2,
  })
})

test('the momentum of a schedule keeps its phases', () => {
  const lr = s.oneCycle(1, { totalSteps: 10, threePhase: true, annealStrategy: 'linear', after: 'repeat' })
  expect(s.momentumOf(lr).spec).toEqual({
    type: 'oneCycleMomentum',
    baseMomentum: 0.85,
    totalSteps: 10,
    pctStart: 0.3,
    annealStrategy: 'linear',
    threePhase: true,
    maxMomentum: 0.95,
    after: 'repeat',
  })
  expect(s.momentumOf(s.cyclic(0, { maxLr: 1, stepSizeUp: 5 }), { baseMomentum: 0.5 })(5)).toBeCloseTo(
    0.5,
    15,
  )
})

describe('text', () => {
  test.each<[string, s.ScheduleSpec]>([
    ['0.1', { type: 'constant', value: 0.1 }],
    ['constant 0.1', { type: 'constant', value: 0.1 }],
    [
      'cosine 0.1 to 0.01 over 100',
      { type: 'cosineAnnealing', initial: 0.1, tMax: 100, etaMin: 0.01, exponent: 1, kDecay: 1 },
    ],
    ['step 0.1 every 30', { type: 'step', initial: 0.1, stepSize: 30, gamma: 0.1 }],
    ['linear 0 to -1.5e-3 over 9', { type: 'piecewiseLinear', points: [[0, 0], [9, -0.0015]] as never }], // biome-ignore format: points
    ['step(0.1, stepSize: 30)', { type: 'step', initial: 0.1, stepSize: 30, gamma: 0.1 }],
    ['step(0.1, 30, 0.5)', { type: 'step', initial: 0.1, stepSize: 30, gamma: 0.5 }],
    ["lambda(0.1, 'step + 1')", { type: 'lambda', initial: 0.1, factor: 'step + 1' }],
    [
      'scaled(1 for 5 then 2, factor: 3)',
      { type: 'scaled', factor: 3, schedule: s.parse('1 for 5 then 2').spec },
    ],
    ['warmup(1, steps: 5, inside: true)', { ...s.warmup(s.constant(1), { steps: 5, inside: true }).spec }],
  ])('%s', (text, spec) => {
    expect(s.parse(text).spec).toEqual(spec)
  })

  test('warmup takes in all that follows, brackets limit it', () => {
    expect(s.parse('warmup 5 + 1 for 5 then 2').spec).toMatchObject({
      type: 'warmup',
      schedule: { type: 'sequential' },
    })
    expect(s.parse('(warmup 5 + 1) for 9 then 2').spec).toMatchObject({ type: 'sequential', milestones: [9] })
  })

  test.each([
    'warmup 500 + cosine 0.1 to 0 over 20000',
    'warmup 500 cosine from 0 + step 0.1 times 0.5 every 30',
    'linear 0 to 0.1 over 5 for 5 then 0.1 for 20 then exponential 0.1 times 0.9 every 1',
    '(warmup 5 + 1) for 9 then (1 for 2 then 3)',
    'oneCycle 0.1 over 1000',
    'cosineAnnealing(0.1, tMax: 100, after: repeat)',
    "chained([cosine 0.1 to 0 over 10, lambda(1, factor: 'step + 1')])",
    "warmupStableDecay(0.1, stableSteps: 5, decaySteps: 5, decayShape: '1-sqrt')",
    'multiStep(1, milestones: [2, 2, 4], gamma: 0.2)',
  ])('%s is printed as it was read', (text) => {
    expect(s.format(s.parse(text))).toBe(text)
  })

  test('numbers come back to the last bit, and the sign of zero', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (x) => {
        return Object.is(s.parse(s.format(s.constant(x)))(0), x)
      }),
    )
  })

  test('milestones come back to the last bit', () => {
    const milestone = fc.double({ min: 0.001, max: 100, noNaN: true })
    fc.assert(
      fc.property(fc.uniqueArray(milestone, { minLength: 1, maxLength: 4 }), (list) => {
        const milestones = list.sort((a, b) => a - b)
        const schedule = s.sequential(new Array(milestones.length + 1).fill(cosine), { milestones })
        expect(s.parse(s.format(schedule)).spec).toEqual(schedule.spec)
      }),
    )
    expect(Object.is(s.parse(s.format(s.constant(-0)))(0), -0)).toBe(true)
  })

  test('any text gives a schedule or an EvenstepError', () => {
    const word = fc.constantFrom(
      'warmup',
      'cosine',
      'step',
      '(',
      ')',
      '[',
      ']',
      ',',
      ':',
      '+',
      'for',
      'then',
      '1',
      '0.5',
      "'a'",
      'to',
      'over',
      'constructor',
      '__proto__',
      'scaled',
      'factor',
    )
    const texts = fc.oneof(
      fc.string(),
      fc.array(word, { maxLength: 12 }).map((words) => words.join(' ')),
    )
    fc.assert(
      fc.property(texts, (text) => {
        try {
          return s.isSchedule(s.parse(text))
        } catch (error) {
          return error instanceof Error && /^(ArgumentError|FormatError)$/.test(error.name)
        }
      }),
      { numRuns: 1000 },
    )
  })
})
