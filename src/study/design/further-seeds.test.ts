import { describe, expect, test } from 'vitest'
import { finishedWith } from '../../../test/support/finished.ts'
import { random } from '../../core/random.ts'
import { cellsOf } from '../analysis/cells.ts'
import { comparisonsOf } from '../analysis/comparisons.ts'
import type { Finished } from '../analysis/findings.ts'
import { type Asked, type Design, type Space, trialKey } from './design.ts'
import { furtherSeeds } from './further-seeds.ts'
import { plan } from './plan.ts'

type Score = (settings: Asked['settings'], seed: number) => number

const metric = { name: 'validationLoss', goal: 'min' } as const
const looks = [3, 6, 12]

const space = (schedules: readonly string[]): Space => ({
  factors: { schedule: schedules, lr: [0.1, 1] },
  seeds: [5, 6, 7],
  seed: 5,
  stepsOf: () => 90,
  scoreOf: ({ result }) => result.metrics.validationLoss ?? Number.POSITIVE_INFINITY,
  ...furtherSeeds({ looks }, 5, ['schedule', 'lr'], metric),
})

/** Runs a study to its end; `order` picks the next of the trials that are left. */
function runAll(design: Design, own: Space, score: Score, order: (left: number) => number = () => 0) {
  const finished: Finished[] = []
  for (;;) {
    const done = new Set(finished.map(trialKey))
    const left = plan(design, own, finished).filter((one) => !done.has(trialKey(one)))
    if (left.length === 0) return finished
    while (left.length > 0) {
      const [next] = left.splice(order(left.length), 1)
      finished.push(finishedWith(next!, finished.length + 1, score(next!.settings, next!.seed)))
    }
  }
}

const seedsOf = (finished: readonly Finished[], schedule: string): number =>
  new Set(finished.filter(({ settings }) => settings.schedule === schedule).map(({ seed }) => seed)).size

const noise = (schedule: unknown, seed: number): number => random(`${schedule}`, seed).normal()

/** `a` is best, `b` much worse and `c` a little; a rate of 1 is bad with each. */
const lossOf: Score = ({ schedule, lr }, seed) =>
  10 + { a: 0, b: 50, c: 1.2 }[String(schedule)]! + 0.5 * noise(schedule, seed) + 40 * (Number(lr) - 0.1)

describe('a study that looks', () => {
  test('spends further seeds where the answer is open, and only there', () => {
    const finished = runAll({ type: 'grid' }, space(['a', 'b', 'c']), lossOf)
    expect(seedsOf(finished, 'b')).toBe(3)
    expect(seedsOf(finished, 'c')).toBeGreaterThan(3)
    expect(seedsOf(finished, 'a')).toBe(seedsOf(finished, 'c'))
    expect(finished.filter(({ settings }) => settings.lr === 1)).toHaveLength(9)
    const found = comparisonsOf(cellsOf(finished, metric.name, looks), ['schedule'], metric, looks)
    expect(found.map(({ b, shown, open }) => [b.schedule, shown, open])).toEqual([
      ['b', 'shown', false],
      ['c', 'shown', false],
    ])
    expect(found[1]!.verdict).toMatch(
      /^shown: schedule a is better than schedule c by .* of validation loss$/,
    )
  })

  /** Two schedules whose differences a − b are these numbers, seed by seed. */
  const differing =
    (differences: readonly number[]): Score =>
    ({ schedule, lr }, seed) =>
      Number(lr) + 10 + (schedule === 'a' ? differences[seed - 5]! : 0)

  const verdictOf = (finished: readonly Finished[]) =>
    comparisonsOf(cellsOf(finished, metric.name, looks), ['schedule'], metric, looks)[0]!

  test('gives up where no difference is in sight, and says with how many seeds', () => {
    const finished = runAll({ type: 'grid' }, space(['a', 'b']), differing([0.2, -0.19, -0.04]))
    expect(finished).toHaveLength(12)
    expect(verdictOf(finished).verdict).toMatch(/^not shown with 3 seeds: no difference was shown between/)
  })

  test('chooses by the seeds that all settings have, and says when more seeds show otherwise', () => {
    const differences = [-0.1, -1.5, -0.5, 5, 5.2, 4.9, 5, 5.1, 4.8, 5, 5.3, 4.9]
    const finished = runAll({ type: 'grid' }, space(['a', 'b']), differing(differences))
    const found = verdictOf(finished)
    expect([found.a.schedule, found.seeds, found.shown]).toEqual(['a', 12, 'shown otherwise'])
    expect(found.verdict).toMatch(/^shown otherwise: schedule a is worse than schedule b by/)
  })

  test('ends in a race too: the last round gets the seeds', () => {
    const finished = runAll({ type: 'racing', eta: 2, rungs: 2 }, space(['a', 'c']), lossOf)
    const further = finished.filter(({ seed }) => seed > 7)
    expect(further.length).toBeGreaterThan(0)
    expect(new Set(further.map(({ rung }) => rung))).toEqual(new Set([1]))
  })

  test('goes on without settings of which a further seed diverged', () => {
    const score: Score = (settings, seed) =>
      settings.schedule === 'a' && settings.lr === 0.1 && seed === 9 ? Number.NaN : lossOf(settings, seed)
    const finished = runAll({ type: 'grid' }, space(['a', 'c']), score)
    const [found] = comparisonsOf(cellsOf(finished, metric.name, looks), ['schedule'], metric, looks)
    expect(found!.a).toEqual({ schedule: 'c', lr: 0.1 })
  })

  test('does not depend on the order in which trials finish, nor on a stop', () => {
    const own = space(['a', 'b', 'c'])
    const whole = runAll({ type: 'grid' }, own, lossOf)
    const source = random('order')
    const other = runAll({ type: 'grid' }, own, lossOf, (left) => Math.floor(source.uniform() * left))
    const keys = (trials: readonly Asked[]): string[] => trials.map(trialKey)
    expect(keys(plan({ type: 'grid' }, own, other))).toEqual(keys(plan({ type: 'grid' }, own, whole)))
    for (const at of [0, 7, 18, 20, whole.length - 1]) {
      const again = keys(plan({ type: 'grid' }, own, whole.slice(0, at)))
      expect(keys(plan({ type: 'grid' }, own, whole)).slice(0, again.length)).toEqual(again)
    }
  })
})
