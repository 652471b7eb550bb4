import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { finishedWith } from '../../../test/support/finished.ts'
import { random } from '../../core/random.ts'
import type { Finished } from '../analysis/findings.ts'
import { combinationsOf, type Factors } from '../factor.ts'
import { groupedBy } from '../settings.ts'
import type { Settings } from '../trial.ts'
import { type Asked, type Design, type Space, trialKey } from './design.ts'
import { halton } from './halton.ts'
import { continuous, discrete } from './parzen.ts'
import { plan, trialCount } from './plan.ts'

type Score = (settings: Settings, seed: number, steps: number) => number

/** Returns a requested trial as finished: with its score as the loss, or diverged if the score is not finite. */
const finishedOf = (asked: Asked, id: number, score: Score): Finished =>
  finishedWith(asked, id, score(asked.settings, asked.seed, asked.steps))

const spaceOf = (factors: Factors, seeds = 2, seed = 0): Space => ({
  factors,
  seeds: Array.from({ length: seeds }, (_, i) => i),
  seed,
  stepsOf: () => 90,
  scoreOf: ({ result }) => result.metrics.validationLoss ?? Number.POSITIVE_INFINITY,
})

/** Runs a design to its end. @param order returns the index of the requested trial that finishes next */
function runAll(
  design: Design,
  space: Space,
  score: Score,
  order: (left: number) => number = () => 0,
): Finished[] {
  const finished: Finished[] = []
  const done = new Set<string>()
  for (;;) {
    const left = plan(design, space, finished).filter((one) => !done.has(trialKey(one)))
    if (left.length === 0) return finished
    while (left.length > 0) {
      const [next] = left.splice(order(left.length), 1)
      finished.push(finishedOf(next!, finished.length + 1, score))
      done.add(trialKey(next!))
    }
  }
}

const mixed: Factors = { schedule: ['a', 'b', 'c'], lr: { from: 0.001, to: 10 }, momentum: [0, 0.9] }
const small: Factors = { schedule: ['a', 'b', 'c'], lr: { from: 0.01, to: 1, count: 3 } }
const lossOf: Score = ({ schedule, lr }, seed) =>
  Number(lr) > 5
    ? Number.NaN
    : (Math.log10(Number(lr)) + 1) ** 2 + { a: 1, b: 0, c: 2 }[String(schedule)]! + 0.1 * Math.sin(seed)

const designs: readonly (readonly [string, Design, Factors])[] = [
  ['grid', { type: 'grid' }, small],
  ['random', { type: 'random', trials: 40 }, mixed],
  ['halton', { type: 'halton', trials: 40 }, mixed],
  ['tpe', { type: 'tpe', trials: 60 }, mixed],
  ['racing of a grid', { type: 'racing' }, small],
  ['racing of a sample', { type: 'racing', eta: 2, rungs: 4, candidates: 16 }, mixed],
]

describe.each(designs)('%s', (_, design, factors) => {
  const keys = (trials: readonly Asked[]): string[] => trials.map(trialKey)

  test('asks for each trial once, with every seed, and for as many as it says', () => {
    fc.assert(
      fc.property(fc.nat(1000), (seed) => {
        const space = spaceOf(factors, 2, seed)
        const calm: Score = (settings) => lossOf({ ...settings, lr: Math.min(5, Number(settings.lr)) }, 0, 90)
        const all = keys(runAll(design, space, calm))
        expect(new Set(all).size).toBe(all.length)
        expect(all).toHaveLength(trialCount(design, space))
        const without = (key: string): string => JSON.stringify(JSON.parse(key).toSpliced(1, 1))
        const bySettings = groupedBy(all, without)
        for (const pair of bySettings.values()) expect(pair).toHaveLength(2)
      }),
      { numRuns: 5 },
    )
  })

  test('asks for the same whenever it is asked, and in whatever order trials are finished', () => {
    const space = spaceOf(factors)
    const whole = runAll(design, space, lossOf)
    fc.assert(
      fc.property(fc.nat(1000), (salt) => {
        const source = random(salt)
        const other = runAll(design, space, lossOf, (left) => Math.floor(source.uniform() * left))
        expect(keys(plan(design, space, other))).toEqual(keys(plan(design, space, whole)))
        expect(keys(other).sort()).toEqual(keys(whole).sort())
      }),
      { numRuns: 5 },
    )
  })

  test('goes on after a stop at any moment as if there had been none', () => {
    const space = spaceOf(factors)
    const whole = runAll(design, space, lossOf)
    for (const at of [0, 1, 5, 17, whole.length - 1]) {
      const before = whole.slice(0, at)
      const again = plan(design, space, before)
      expect(keys(plan(design, space, whole)).slice(0, again.length)).toEqual(keys(again))
    }
  })

  test('takes values from its factors alone', () => {
    for (const { settings } of runAll(design, spaceOf(factors), lossOf)) {
      expect(Object.keys(settings)).toEqual(Object.keys(factors))
      expect(['a', 'b', 'c']).toContain(settings.schedule)
      expect(settings.lr).toSatisfy((lr: number) => lr >= 0.001 && lr <= 10)
    }
  })
})

describe('a grid', () => {
  test('has every combination, seed by seed', () => {
    const asked = plan({ type: 'grid' }, spaceOf(small), [])
    expect(asked).toHaveLength(2 * combinationsOf(small))
    expect(asked.slice(0, 9).every(({ seed }) => seed === 0)).toBe(true)
    expect(asked.slice(0, 4).map(({ settings }) => settings)).toEqual([
      { schedule: 'a', lr: 0.01 },
      { schedule: 'a', lr: 0.1 },
      { schedule: 'a', lr: 1 },
      { schedule: 'b', lr: 0.01 },
    ])
  })
})

describe('a sample', () => {
  test.each(['random', 'halton'] as const)('of %s finds every combination when there are few', (type) => {
    fc.assert(
      fc.property(fc.nat(1000), (seed) => {
        const asked = plan({ type, trials: 9 }, spaceOf(small, 1, seed), [])
        expect(new Set(asked.map(({ settings }) => JSON.stringify(settings))).size).toBe(9)
      }),
      { numRuns: 20 },
    )
  })

  test('of more begins with that of fewer', () => {
    for (const type of ['random', 'halton'] as const) {
      const [few, many] = [20, 60].map((trials) => plan({ type, trials }, spaceOf(mixed), []))
      expect(many!.slice(0, 20)).toEqual(few)
    }
  })

  test('of another seed is another', () => {
    for (const type of ['random', 'halton'] as const) {
      const [a, b] = [0, 1].map((seed) => plan({ type, trials: 20 }, spaceOf(mixed, 1, seed), []))
      expect(a).not.toEqual(b)
    }
  })
})

describe('a Halton sequence', () => {
  test('has one of the first pᵏ points in each of pᵏ equal parts of an axis', () => {
    fc.assert(
      fc.property(fc.nat(1000), (seed) => {
        const points = halton(seed, 4)
        for (const [axis, count] of [2 ** 6, 3 ** 4, 5 ** 3, 7 ** 2].entries()) {
          const parts = Array.from({ length: count }, (_, i) => Math.floor(points(i)[axis]! * count))
          expect(new Set(parts).size).toBe(count)
        }
      }),
      { numRuns: 10 },
    )
  })

  test('leaves smaller gaps in a square than random points do', () => {
    const empty = (point: (i: number) => readonly number[]): number => {
      const cells = new Set(
        Array.from({ length: 256 }, (_, i) =>
          point(i)
            .map((x) => Math.floor(16 * x))
            .join(),
        ),
      )
      return 256 - cells.size
    }
    const source = random('gaps')
    expect(empty(halton(0, 2))).toBeLessThan(empty(() => [source.uniform(), source.uniform()]))
  })
})

describe('a density', () => {
  const points = [0.1, 0.12, 0.5, 0.93]

  test.each([
    ['continuous', continuous(points)],
    ['continuous without points', continuous([])],
    ['discrete', discrete(points, 7)],
  ])('%s has an integral of 1, and draws as it says', (_, density) => {
    const middle = (i: number, n: number): number => density.at((i + 0.5) / n) / n
    let total = 0
    for (let i = 0; i < 7000; i++) total += middle(i, 7000)
    expect(total).toBeCloseTo(1, 5)
    const source = random('density')
    const counts = new Float64Array(7)
    for (let i = 0; i < 20_000; i++) counts[Math.floor(density.draw(source) * 7)]! += 1 / 20_000
    for (let part = 0; part < 7; part++) {
      let mass = 0
      for (let i = 0; i < 1000; i++) mass += middle(1000 * part + i, 7000)
      expect(counts[part]).toBeCloseTo(mass, 1.7)
    }
  })
})

describe('tpe', () => {
  test('comes nearer to the best than a sample of as many', () => {
    const best = (type: 'tpe' | 'random', seed: number): number =>
      Math.min(
        ...runAll({ type, trials: 60 }, spaceOf(mixed, 1, seed), lossOf)
          .map(({ settings }) => lossOf(settings, 0, 90))
          .filter(Number.isFinite),
      )
    const seeds = Array.from({ length: 15 }, (_, seed) => seed)
    const median = (type: 'tpe' | 'random'): number =>
      seeds.map((seed) => best(type, seed)).sort((a, b) => a - b)[7]!
    expect(median('tpe')).toBeLessThan(median('random') / 3)
  })

  test('tries most where trials are good', () => {
    const trials = runAll({ type: 'tpe', trials: 60 }, spaceOf(mixed, 1), lossOf).slice(-20)
    expect(trials.filter(({ settings }) => settings.schedule === 'b').length).toBeGreaterThan(10)
    expect(trials.filter(({ result }) => result.status === 'diverged').length).toBeLessThan(3)
  })

  test('goes on when every trial diverged', () => {
    expect(runAll({ type: 'tpe', trials: 30 }, spaceOf(mixed, 1), () => Number.NaN)).toHaveLength(30)
  })

  test('ends when every combination was tried', () => {
    expect(runAll({ type: 'tpe', trials: 9 }, spaceOf(small, 1), lossOf)).toHaveLength(9)
    const many: Factors = { a: Array.from({ length: 20 }, (_, i) => i) }
    expect(runAll({ type: 'tpe', trials: 20 }, spaceOf(many, 1), () => 1)).toHaveLength(20)
  })
})

describe('a race', () => {
  test('gives the best of each round three times the steps', () => {
    const rounds = groupedBy(runAll({ type: 'racing' }, spaceOf(small), lossOf), ({ rung }) => String(rung))
    const told = [...rounds].map(([round, trials]) => [Number(round), trials[0]!.steps, trials.length])
    expect(told).toEqual([
      [0, 10, 18],
      [1, 30, 6],
      [2, 90, 2],
    ])
    expect(rounds.get('2')![0]!.settings).toEqual({ schedule: 'b', lr: 0.1 })
  })

  test('judges by the mean over seeds', () => {
    const uneven: Score = ({ schedule }, seed) =>
      schedule === 'a' ? (seed === 0 ? 0 : 10) : schedule === 'b' ? 4 : 6
    const all = runAll({ type: 'racing', rungs: 2 }, spaceOf({ schedule: ['a', 'b', 'c'] }), uneven)
    expect(all.filter(({ rung }) => rung === 1).map(({ settings }) => settings.schedule)).toEqual(['b', 'b'])
  })

  test('goes on without those that diverged, and ends when all did', () => {
    const half: Score = ({ schedule }, seed) => (schedule === 'a' && seed === 1 ? Number.NaN : 1)
    const design: Design = { type: 'racing', eta: 2, rungs: 2 }
    const all = runAll(design, spaceOf({ schedule: ['a', 'b'] }), half)
    expect(all.filter(({ rung }) => rung === 1).map(({ settings }) => settings.schedule)).toEqual(['b', 'b'])
    expect(runAll(design, spaceOf({ schedule: ['a', 'b'] }), () => Number.NaN)).toHaveLength(4)
  })
})
