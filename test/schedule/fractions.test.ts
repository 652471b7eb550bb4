/** Lengths that are fractions of a run. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ArgumentError } from '../../src/core/errors.ts'
import { duringRun } from '../../src/core/run.ts'
import * as s from '../../src/schedule/index.ts'

const run = fc.integer({ min: 1, max: 100_000 })
const percent = fc.integer({ min: 1, max: 100 })
const lengthOf = (p: number, n: number) => (p * n) / 100
const pc = (p: number): s.Percent => `${p}%`
const cosine = s.cosineAnnealing(0.1, { tMax: '100%' })

/** One schedule with lengths p and q, in the unit that `of` gives them. */
type Make = (of: (percent: number) => s.StepCount, p: number, q: number) => s.Schedule

// biome-ignore format: one case a line
const makes: Readonly<Record<string, Make>> = {
  constantFactor: (of, p) => s.constantFactor(1, { totalIters: of(p) }),
  step: (of, p) => s.step(1, { stepSize: of(p) }),
  multiStep: (of, p, q) => s.multiStep(1, { milestones: [of(p), of(p + q)] }),
  piecewiseConstant: (of, p, q) => s.piecewiseConstant([3, 2, 1], { milestones: [of(p), of(p + q)] }),
  linear: (of, p) => s.linear(1, { totalIters: of(p) }),
  polynomial: (of, p) => s.polynomial(1, { totalIters: of(p), cycle: true }),
  cosineAnnealing: (of, p) => s.cosineAnnealing(1, { tMax: of(p), after: 'repeat' }),
  piecewiseLinear: (of, p, q) => s.piecewiseLinear([[of(p), 1], [of(p + q), 2]]),
  piecewiseCosine: (of, p, q) => s.piecewiseCosine([[of(p), 1], [of(p + q), 2]]),
  exponential: (of, p) => s.exponential(1, { gamma: 0.5, decaySteps: of(p), staircase: true }),
  naturalExp: (of, p) => s.naturalExp(1, { decayRate: 0.5, decaySteps: of(p) }),
  inverseTime: (of, p) => s.inverseTime(1, { decayRate: 0.5, decaySteps: of(p) }),
  inverseSqrt: (of, p) => s.inverseSqrt(1, { timescale: of(p) }),
  noam: (of, p) => s.noam(1, { modelSize: 64, warmupSteps: of(p) }),
  warmupStableDecay: (of, p, q) => s.warmupStableDecay(1, { warmupSteps: of(p), stableSteps: of(q), decaySteps: of(p) }),
  flatCosine: (of, p) => s.flatCosine(1, { totalSteps: of(p) }),
  rex: (of, p) => s.rex(1, { totalSteps: of(p) }),
  tanh: (of, p) => s.tanh(1, { totalSteps: of(p) }),
  swa: (of, p) => s.swa(1, { swaLr: 0.5, annealEpochs: of(p) }),
  cosineAnnealingWarmRestarts: (of, p) => s.cosineAnnealingWarmRestarts(1, { t0: of(p), tMult: 2 }),
  cyclic: (of, p, q) => s.cyclic(0, { maxLr: 1, stepSizeUp: of(p), stepSizeDown: of(q) }),
  cyclicMomentum: (of, p, q) => s.cyclicMomentum(0.8, { stepSizeUp: of(p), stepSizeDown: of(q) }),
  warmup: (of, p, q) => s.warmup(s.rex(1, { totalSteps: of(q) }), { steps: of(p) }),
  'warmup inside': (of, p, q) => s.warmup(s.rex(1, { totalSteps: of(p + q) }), { steps: of(p), inside: true }),
  sequential: (of, p, q) => s.sequential([s.rex(1, { totalSteps: of(p) }), s.constant(1), s.rex(2, { totalSteps: of(q) })], { milestones: [of(p), of(p + q)] }),
  'nested sequential': (of, p, q) => s.sequential([s.sequential([s.constant(3), s.rex(1, { totalSteps: of(q) })], { milestones: [of(p)] }), s.constant(1)], { milestones: [of(p + q)] }),
  chained: (of, p, q) => s.chained([s.rex(1, { totalSteps: of(p) }), s.linear(1, { totalIters: of(q) })]),
  scaled: (of, p) => s.scaled(s.rex(1, { totalSteps: of(p) }), { factor: 2 }),
  shifted: (of, p, q) => s.shifted(s.rex(1, { totalSteps: of(p) }), { steps: of(q) }),
  clamped: (of, p) => s.clamped(s.rex(1, { totalSteps: of(p) }), { min: 0.5 }),
  periodic: (of, p, q) => s.periodic(s.rex(1, { totalSteps: of(p) }), { period: of(q) }),
  noise: (of, p) => s.noise(s.rex(1, { totalSteps: of(p) }), { amplitude: 0.1 }),
  toWeightDecayFree: (of, p) => s.toWeightDecayFree(s.rex(1, { totalSteps: of(p), etaMin: 0.5 }), { weightDecay: 0.01, momentum: 0.5 }),
}

test.each(Object.entries(makes))('%s over percentages of a run is the one in steps', (_, make) => {
  fc.assert(
    fc.property(run, percent, percent, fc.double({ min: 0, max: 1.5, noNaN: true }), (n, p, q, at) => {
      const [relative, absolute] = [make(pc, p, q), make((p) => lengthOf(p, n), p, q)]
      const resolved = s.over(relative, n)
      const step = Math.floor(at * Math.min(n, 500))
      expect(resolved.spec).toEqual(absolute.spec)
      expect(resolved(step)).toBe(absolute(step))
      expect(duringRun(n, () => relative(step))).toBe(absolute(step))
      for (const copy of [relative.spec, JSON.stringify(relative.spec), s.format(relative)]) {
        expect(s.parse(copy).spec).toEqual(relative.spec)
      }
    }),
    { numRuns: 10 },
  )
})

test('oneCycle takes whole steps, so its fractions are rounded', () => {
  const make = (totalSteps: s.StepCount) => s.oneCycle(1, { totalSteps })
  expect(s.over(make('100%'), 937).spec).toEqual(make(937).spec)
  expect(s.over(make('95%'), 937).spec).toEqual(make(890).spec)
  expect(s.over(s.momentumOf(make('50%')), 200).spec).toEqual(s.momentumOf(make(100)).spec)
})

describe("the rest of a run, where 'over' is left out", () => {
  const text = (source: string, steps: number) => s.format(s.over(source, steps))

  test('is what a warmup leaves, in steps or percent', () => {
    expect(text('warmup 5% + cosine 0.1 to 0', 1000)).toBe('warmup 50 + cosine 0.1 to 0 over 950')
    expect(text('warmup 5% + cosine 0.1 to 0 over 95%', 937)).toBe(text('warmup 5% + cosine 0.1 to 0', 937))
    expect(text('warmup 100 + cosine 0.1 to 0', 1000)).toBe('warmup 100 + cosine 0.1 to 0 over 900')
    expect(text('warmup 5% + (warmup 5% + rex 1)', 200)).toBe('warmup 10 + (warmup 10 + rex 1 to 0 over 180)')
  })

  test('is the whole run, for every phrase that takes over', () => {
    expect(text('cosine 0.1 to 0', 50)).toBe('cosine 0.1 to 0 over 50')
    expect(text('polynomial 0.1 to 0 power 2', 50)).toBe('polynomial 0.1 to 0 over 50 power 2')
    expect(text('rex 0.1', 50)).toBe('rex 0.1 to 0 over 50')
    expect(text('oneCycle 0.1', 50)).toBe('oneCycle 0.1 over 50')
    expect(text('linear 0.1', 50)).toBe('linear 0.1 to 0 over 50')
  })

  test('ends where the next schedule takes over', () => {
    const resolved = 'cosine 1 to 0 over 50 for 50 then rex 2 to 0 over 30 for 30 then linear 1 to 0 over 20'
    expect(text('cosine 1 for 50% then rex 2 for 30% then linear 1', 100)).toBe(resolved)
    expect(text('cosine 1 for 50 then rex 2 for 30 then linear 1', 100)).toBe(resolved)
    const repeated = s.periodic(s.parse('cosine 1'), { period: '25%' })
    expect(text(s.format(repeated), 200)).toBe('periodic(cosine 1 to 0 over 50, period: 50)')
    expect(text('shifted(cosine 1, steps: 10%)', 200)).toBe('shifted(cosine 1 to 0 over 180, steps: 20)')
    expect(text('perEpoch(cosine 1, stepsPerEpoch: 10)', 200)).toBe(
      'perEpoch(cosine 1 to 0 over 20, stepsPerEpoch: 10)',
    )
  })

  test('is what the other lengths of the same schedule leave', () => {
    const decay = (changes: object) =>
      s.warmupStableDecay(0.1, { warmupSteps: '5%', stableSteps: '70%', decaySteps: '25%', ...changes })
    expect(s.over(decay({ stableSteps: 'rest' }), 100).spec).toMatchObject({ stableSteps: 70 })
    expect(s.over(decay({ decaySteps: 'rest' }), 100).spec).toMatchObject({ decaySteps: 25 })
    expect(s.over(decay({ warmupSteps: 'rest' }), 100).spec).toMatchObject({ warmupSteps: 5 })
    expect(s.over(decay({ warmupSteps: 10, stableSteps: 'rest' }), 100).spec).toMatchObject({
      stableSteps: 65,
    })
    const wave = s.cyclic(0, { maxLr: 1, stepSizeUp: '25%', stepSizeDown: 'rest' })
    expect(s.over(wave, 100).spec).toMatchObject({ stepSizeUp: 25, stepSizeDown: 75 })
    const momentum = s.cyclicMomentum(0.8, { stepSizeUp: 'rest', stepSizeDown: '40%' })
    expect(s.over(s.warmup(momentum, { steps: 10 }), 100).spec).toMatchObject({
      schedule: { stepSizeUp: 50, stepSizeDown: 40 },
    })
  })

  test('is refused where the other lengths leave nothing, or twice in a schedule', () => {
    const decay = (warmupSteps: s.StepCount, stableSteps: s.StepCount) =>
      s.warmupStableDecay(0.1, { warmupSteps, stableSteps, decaySteps: '25%' })
    expect(() => s.over(decay(90, 'rest'), 100)).toThrow(
      'schedule.warmupStableDecay: wanted warmupSteps + decaySteps of at most 100 steps, got 115; nothing is left for stableSteps: shorten them',
    )
    expect(() => decay('80%', 'rest')).toThrow('of at most 100 steps, got 105')
    expect(() => decay('rest', 'rest')).toThrow(
      `schedule.warmupStableDecay: wanted 'rest' as one of warmupSteps, stableSteps, decaySteps, got {"warmupSteps":"rest","stableSteps":"rest"}; give stableSteps a length`,
    )
  })

  test('is a step at least, where none is left', () => {
    expect(text('warmup 20 + cosine 1', 10)).toBe('warmup 20 + cosine 1 to 0 over 1')
  })
})

test.each([
  ['warmup 5% + cosine 0.1 to 0', 'warmup 5% + cosine 0.1 to 0'],
  ['warmup 5% + cosine 0.1 to 0 over rest', 'warmup 5% + cosine 0.1 to 0'],
  ['warmup 5 % + 0.1', 'warmup 5% + 0.1'],
  ['step 1 times 0.5 every 12.5%', 'step 1 times 0.5 every 12.5%'],
  ['multiStep(1, milestones: [50%, 75%])', 'multiStep(1, milestones: [50%, 75%])'],
  ["multiStep(1, milestones: ['50%', '75%'])", 'multiStep(1, milestones: [50%, 75%])'],
  ['cosineAnnealing(1, tMax: rest, kDecay: 2)', 'cosineAnnealing(1, tMax: rest, kDecay: 2)'],
  ['step(1, stepSize: rest)', 'step(1, stepSize: rest)'],
  ['1 for 50% then 2 for 25% then 3', '1 for 50% then 2 for 25% then 3'],
])('the text %s is written as %s', (text, written) => {
  expect(s.format(s.parse(text))).toBe(written)
})

test('a fraction of a run of unknown length is refused where it is called', () => {
  const message =
    'schedule.cosineAnnealing: wanted the number of steps of the run, of which its lengths are fractions, ' +
    'got nothing; give it with schedule.over(schedule, steps)'
  expect(() => cosine(0)).toThrow(new ArgumentError(message))
  expect(() => s.values(cosine, 3)).toThrow(message)
  expect(s.over(cosine, 10)(5)).toBeCloseTo(0.05, 15)
  expect(() => s.over(cosine, 0)).toThrow('schedule.over: wanted steps as a number > 0, got 0')
})

test('a schedule in steps only stays as it is, a run around it or not', () => {
  const fixed = s.cosineAnnealing(0.1, { tMax: 10 })
  expect(s.over(fixed, 5)).toBe(fixed)
  expect(duringRun(5, () => fixed(5))).toBe(fixed(5))
  const once = s.over(cosine, 10)
  expect(s.over(once, 20)).toBe(once)
})

// biome-ignore format: one case a line
test.each<[() => unknown, string]>([
  [() => s.cosineAnnealing(1, { tMax: '0%' }), 'schedule.cosineAnnealing: wanted tMax as a number > 0 or a percentage of the run, got "0%"'],
  [() => s.cosineAnnealing(1, { tMax: '-5%' }), 'schedule.cosineAnnealing: wanted tMax as a number > 0 or a percentage of the run, got "-5%"'],
  [() => s.cosineAnnealing(1, { tMax: 'half' as never }), 'schedule.cosineAnnealing: wanted tMax as a number > 0 or a percentage of the run, got "half"'],
  [() => s.cosineAnnealing(1, { tMax: '5 %' as never }), 'schedule.cosineAnnealing: wanted tMax as a number > 0 or a percentage of the run, got "5 %"'],
  [() => s.cosineAnnealing('5%' as never, { tMax: 5 }), 'schedule.cosineAnnealing: wanted initial as a finite number, got "5%"'],
  [() => s.piecewiseConstant([1, 2, 3], { milestones: ['75%', '50%'] }), 'schedule.piecewiseConstant: wanted strictly increasing milestones, got [75,50]; sort them, each step once'],
  [() => s.sequential([s.constant(1)], { milestones: ['5%'] }), 'schedule.sequential: wanted 0 milestones for 1 schedules, got 1; list the step at which each after the first begins'],
  [() => s.oneCycle(1, { totalSteps: '100%', pctStart: 0.6, threePhase: true }), 'schedule.oneCycle: wanted pctStart ≤ 0.5 with threePhase, got 0.6; two phases take pctStart each'],
])('%# what fits no run is refused at once', (make, message) => {
  expect(make).toThrow(new ArgumentError(message))
})

test('a warmup of 0% is none', () => {
  expect(s.over('warmup 0% + 0.1', 10)(0)).toBe(0.1)
})
