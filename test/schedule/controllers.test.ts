import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as s from '../../src/schedule/index.ts'

/** The factor after each metric. */
function factors<S>(controller: s.Controller<S>, metrics: readonly number[]): number[] {
  return metrics.map((_, i) => controller.factor(s.fold(controller, metrics.slice(0, i + 1))))
}

const flat = (n: number) => new Array<number>(n).fill(1)

describe('reduceOnPlateau', () => {
  const options = { patience: 2, factor: 0.5 }

  test.each([
    ['torch', [1, 1, 1, 0.5, 0.5, 0.5, 0.25]],
    ['keras', [1, 1, 0.5, 0.5, 0.25, 0.25, 0.125]],
    ['optax', [1, 1, 0.5, 0.5, 0.25, 0.25, 0.125]],
  ] as const)('%s reduces when it does', (preset, wanted) => {
    expect(factors(s.reduceOnPlateau({ ...options, preset }), flat(7))).toEqual(wanted)
  })

  test.each([
    ['torch', [1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.25]],
    ['keras', [1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125]],
    ['optax', [1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25]],
  ] as const)('%s counts a cooldown of 2 as it does', (preset, wanted) => {
    expect(factors(s.reduceOnPlateau({ ...options, preset, cooldown: 2 }), flat(9))).toEqual(wanted)
  })

  test('a patience of 0 reduces at each bad evaluation', () => {
    expect(factors(s.reduceOnPlateau({ patience: 0, factor: 0.5 }), flat(3))).toEqual([1, 0.5, 0.25])
    expect(factors(s.reduceOnPlateau({ patience: 0, factor: 0.5, preset: 'keras' }), flat(3))).toEqual([
      1, 0.5, 0.25,
    ])
  })

  test('the margin is a share of |best|, or a difference', () => {
    const improves = (metrics: number[], more: s.ReduceOnPlateauOptions) =>
      s.fold(s.reduceOnPlateau({ patience: 9, threshold: 0.1, ...more }), metrics).bad === 0
    expect(improves([10, 9.1], {})).toBe(false)
    expect(improves([10, 8.9], {})).toBe(true)
    expect(improves([-10, -10.9], {})).toBe(false)
    expect(improves([-10, -11.1], {})).toBe(true)
    expect(improves([10, 9.8], { thresholdMode: 'abs' })).toBe(true)
    expect(improves([10, 9.8], { preset: 'keras' })).toBe(true)
    expect(improves([10, 10.9], { mode: 'max' })).toBe(false)
    expect(improves([10, 11.1], { mode: 'max' })).toBe(true)
    expect(improves([-10, -9.1], { mode: 'max' })).toBe(false)
    expect(improves([-10, -8.9], { mode: 'max' })).toBe(true)
  })

  test('a metric that is no finite number is bad, ignored, or thrown', () => {
    expect(factors(s.reduceOnPlateau({ ...options, patience: 1 }), [1, NaN, Infinity])).toEqual([1, 1, 0.5])
    expect(
      factors(s.reduceOnPlateau({ ...options, patience: 1, nonFinite: 'ignore' }), [1, NaN, NaN, NaN]),
    ).toEqual(flat(4))
    const first = s.fold(s.reduceOnPlateau({ preset: 'keras' }), [NaN, 1])
    expect(first.best).toBe(1)
  })

  test('the mean of accumulationSize metrics is one evaluation', () => {
    const controller = s.reduceOnPlateau({ ...options, patience: 0, accumulationSize: 2 })
    expect(factors(controller, [1, 3, 2, 2, 0, 4])).toEqual([1, 1, 1, 0.5, 0.5, 0.25])
    expect(s.fold(controller, [1, NaN, 2]).sum).toBe(2)
    expect(s.fold(controller, [1, NaN]).bad).toBe(0)
  })

  test('stays at minFactor, and leaves out changes up to eps', () => {
    expect(factors(s.reduceOnPlateau({ patience: 0, factor: 0.5, minFactor: 0.3 }), flat(4))).toEqual([
      1, 0.5, 0.3, 0.3,
    ])
    expect(factors(s.reduceOnPlateau({ patience: 0, factor: 0.5, eps: 0.3 }), flat(4))).toEqual([
      1, 0.5, 0.5, 0.5,
    ])
  })
})

describe('greedy', () => {
  test('raises while the metric improves, lowers while it does not', () => {
    const controller = s.greedy({ patience: 1, factor: 0.5 })
    expect(factors(controller, [9, 8, 7, 6, 6, 6, 6, 6])).toEqual([1, 2, 2, 4, 4, 2, 2, 1])
  })

  test('keeps between its bounds, and waits after a change', () => {
    const bounded = s.greedy({ patience: 0, factor: 0.5, minFactor: 0.5, maxFactor: 3 })
    expect(factors(bounded, [3, 2, 1, 1, 1, 1, 1])).toEqual([2, 3, 3, 1.5, 0.75, 0.5, 0.5])
    const slow = s.greedy({ patience: 0, factor: 0.5, warmup: 1, cooldown: 2 })
    expect(factors(slow, [3, 2, 1, 1, 1, 1, 1])).toEqual([2, 2, 4, 4, 2, 2, 2])
  })

  test('judges the mean of the last windowSize metrics', () => {
    const smooth = s.greedy({ patience: 0, factor: 0.5, windowSize: 2 })
    expect(s.fold(smooth, [4, 2, 0]).best).toBe(1)
    expect(s.fold(smooth, [4, 2, 0]).recent).toEqual([2, 0])
  })
})

describe('earlyStopping', () => {
  test('stops after patience evaluations without improvement, and knows the best', () => {
    const controller = s.earlyStopping({ patience: 2 })
    const metrics = [3, 1, 2, 1, 0]
    const stops = metrics.map((_, i) => controller.stop(s.fold(controller, metrics.slice(0, i + 1))))
    expect(stops).toEqual([false, false, false, true, false])
    expect(s.fold(controller, [3, 1, 2])).toEqual({ best: 1, bestAt: 1, bad: 1, seen: 3 })
    expect(controller.factor(controller.initial)).toBe(1)
  })
})

test.each([
  s.reduceOnPlateau({ preset: 'optax', patience: 1, accumulationSize: 2 }),
  s.reduceOnPlateau({ preset: 'keras', patience: 1, cooldown: 1 }),
  s.reduceOnPlateau({ patience: 1 }),
  s.greedy({ patience: 1, windowSize: 3 }),
  s.earlyStopping({ mode: 'max' }),
] as s.Controller[])(
  'the state is JSON, resuming changes nothing, the spec comes back: $spec',
  (controller) => {
    const metric = fc.oneof(fc.double({ min: -5, max: 5, noNaN: true }), fc.constantFrom(NaN, Infinity, 1))
    const copy = s.parseController(JSON.parse(JSON.stringify(controller.spec)))
    expect(copy.spec).toEqual(controller.spec)
    fc.assert(
      fc.property(fc.array(metric, { maxLength: 60 }), fc.nat(60), (metrics, cut) => {
        let state = s.fold(controller, metrics.slice(0, cut))
        state = JSON.parse(JSON.stringify(state))
        for (const m of metrics.slice(cut)) state = copy.update(state, m)
        expect(JSON.stringify(state)).toBe(JSON.stringify(s.fold(controller, metrics)))
        return Number.isFinite(controller.factor(state)) && controller.factor(state) > 0
      }),
    )
  },
)
