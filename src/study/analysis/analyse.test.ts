import { describe, expect, test } from 'vitest'
import { random } from '../../core/random.ts'
import type { TrialResult, Value } from '../trial.ts'
import { analyse, type StudyFacts } from './analyse.ts'
import type { Finished } from './findings.ts'

const repeat = { command: 'npx evenstep study made-up.ts', study: {}, seeds: [0, 1, 2], versions: {} }
const subject = (
  factors: StudyFacts['factors'],
  metric: StudyFacts['metric'] = { name: 'validationAccuracy', goal: 'max' },
) => ({
  name: 'made up',
  metric,
  factors,
  repeat,
})

/** Returns trials of all combinations, with scores from a function; null means that a trial diverged. */
function grid(
  factors: Readonly<Record<string, readonly Value[]>>,
  score: (settings: Readonly<Record<string, Value>>, seed: number) => number | null,
  { metric = 'validationAccuracy', seeds = [0, 1, 2], steps = 100 } = {},
): Finished[] {
  const settings = Object.entries(factors).reduce<Readonly<Record<string, Value>>[]>(
    (all, [factor, values]) => all.flatMap((one) => values.map((value) => ({ ...one, [factor]: value }))),
    [{}],
  )
  let id = 0
  return settings.flatMap((one) =>
    seeds.map(
      (seed): Finished => ({
        id: ++id,
        settings: one,
        seed,
        steps,
        rung: 0,
        result: resultOf(score(one, seed), metric),
      }),
    ),
  )
}

const resultOf = (score: number | null, metric: string): TrialResult => ({
  status: score === null ? 'diverged' : 'done',
  metrics: score === null ? {} : { [metric]: score },
  steps: 100,
  time: { training: 1, total: 1.1 },
  curve: { steps: [50, 100], trainLoss: [2, 1], lr: [0.1, 0] },
})

/** Returns a small random number that depends only on `keys`. */
const noise = (size: number, ...keys: (string | number)[]): number => size * random(...keys).normal()

const factors = {
  normalization: ['none', 'batch'],
  schedule: ['constant', 'linear'],
  lr: [0.01, 0.1, 1],
} as const

/** Returns an accuracy: only batch normalization withstands a rate of 1; linear is 2 points better than constant. */
const known = (s: Readonly<Record<string, Value>>, seed: number): number | null => {
  if (s.normalization === 'none' && s.lr === 1) return null
  const rate =
    s.normalization === 'none'
      ? { 0.01: 0, 0.1: -0.05 }[String(s.lr)]!
      : { 0.01: 0, 0.1: 0.01, 1: 0 }[String(s.lr)]!
  return (
    0.9 + rate + (s.schedule === 'linear' ? 0.02 : 0) + noise(2e-4, JSON.stringify(s), seed) + 0.003 * seed
  )
}

describe('a study whose truth is known', () => {
  const findings = analyse(subject(factors), grid(factors, known))

  test('is told with its best settings, rates and schedules', () => {
    expect(findings.answer).toHaveLength(3)
    expect(findings.answer[0]).toMatch(
      /^Best was normalization batch, schedule linear, lr 0\.1: validation accuracy 93\.\d\d % \(95 % interval .* to .*\) after 100 steps, over 3 seeds\.$/,
    )
    expect(findings.answer[1]).toMatch(
      /^With normalization batch usable rates were 0\.01 to 1 \(lower and higher ones were not tried\), without 0\.01 alone \(lower ones were not tried\); normalization batch is better than normalization none by (0\.9|1\.0)\d points of validation accuracy\.$/,
    )
    expect(findings.answer[2]).toMatch(/^The schedule linear beat constant by 2\.0\d points\.$/)
  })

  test('has a window for each normalisation, and for each schedule with it', () => {
    const ratios = findings.windows.map(({ group, low, high }) => [group, low, high])
    expect(ratios).toEqual([
      [{ normalization: 'none' }, 0.01, 0.01],
      [{ normalization: 'batch' }, 0.01, 1],
      [{ normalization: 'none', schedule: 'constant' }, 0.01, 0.01],
      [{ normalization: 'none', schedule: 'linear' }, 0.01, 0.01],
      [{ normalization: 'batch', schedule: 'constant' }, 0.01, 1],
      [{ normalization: 'batch', schedule: 'linear' }, 0.01, 1],
    ])
    expect(findings.windows[1]!.decades).toBeCloseTo(2, 12)
  })

  test('counts what diverged as a result that cannot be recommended', () => {
    expect(findings.cost).toMatchObject({ trials: 36, done: 30, diverged: 6, failed: 0 })
    expect(findings.cells.filter(({ score }) => score === undefined)).toHaveLength(2)
  })

  test('compares seed by seed: what seeds have in common does not widen the interval', () => {
    const [first] = findings.comparisons.filter(({ factor }) => factor === 'schedule')
    expect(first!.difference.value).toBeCloseTo(0.02, 3)
    expect(first!.difference.interval![1] - first!.difference.interval![0]).toBeLessThan(0.004)
    expect(first!.adjusted).toBeLessThan(0.05)
  })
})

describe('shares of the variance', () => {
  const two = { lr: [1, 2], batchSize: [10, 20] }
  const sharesOf = (score: (s: Readonly<Record<string, Value>>) => number): Record<string, number> => {
    const { effects, interactions } = analyse(
      subject(two),
      grid(two, (s) => score(s)),
    )
    return {
      ...Object.fromEntries(effects.map(({ factor, share }) => [factor, share])),
      both: interactions[0]!.share,
    }
  }

  test('of a sum are those of its terms', () => {
    const shares = sharesOf((s) => 0.1 * Number(s.lr) + 0.02 * Number(s.batchSize))
    expect(shares.lr).toBeCloseTo(0.2, 10) // 0.1² against 0.2²
    expect(shares.batchSize).toBeCloseTo(0.8, 10)
    expect(shares.both).toBeCloseTo(0, 10)
  })

  test('add up to the whole, also where cells diverged', () => {
    const { effects, interactions } = analyse(subject(factors), grid(factors, known))
    const total = [...effects, ...interactions].reduce((sum, { share }) => sum + share, 0)
    expect(total).toBeCloseTo(1, 10)
  })

  test('of what only both together decide is their interaction', () => {
    const shares = sharesOf((s) => ((Number(s.lr) === 1) === (Number(s.batchSize) === 10) ? 1 : 0))
    expect(shares).toEqual({ lr: 0, batchSize: 0, both: 1 })
  })
})

test('of nothing but noise, no more studies show a difference than the correction promises', () => {
  const schedules = { schedule: Array.from('abcdefghijkl') }
  const studies = 200
  let shown = 0
  for (let study = 0; study < studies; study++) {
    const seeds = [0, 1, 2, 3, 4]
    const score = (s: Readonly<Record<string, Value>>, seed: number): number =>
      0.9 + noise(0.01, study, String(s.schedule), seed)
    const { comparisons } = analyse(subject(schedules), grid(schedules, score, { seeds }))
    if (comparisons.some(({ adjusted }) => adjusted < 0.05)) shown++
  }
  expect(shown / studies).toBeLessThan(0.06)
})

test('accuracies of few examples, which are often equal, show no difference by that', () => {
  const schedules = { schedule: Array.from('abcdefghijkl') }
  let shown = 0
  for (let study = 0; study < 100; study++) {
    const score = (s: Readonly<Record<string, Value>>, seed: number): number =>
      Math.round(114 * (0.95 + noise(0.01, study, String(s.schedule), seed))) / 114
    const { comparisons } = analyse(subject(schedules), grid(schedules, score))
    if (comparisons.some(({ adjusted }) => adjusted < 0.05)) shown++
  }
  expect(shown).toBeLessThan(6)
})

test('trials of other lengths in one round are compared, not only the longest', () => {
  const sizes = { batchSize: [16, 128] }
  const trials = grid(sizes, (s, seed) => (s.batchSize === 16 ? 0.9 : 0.2) + noise(1e-3, seed), {
    metric: 'validationLoss',
  })
  const told = trials.map((trial) => ({ ...trial, steps: trial.settings.batchSize === 16 ? 1000 : 125 }))
  const { answer, effects, comparisons } = analyse(
    subject(sizes, { name: 'validationLoss', goal: 'min' }),
    told,
  )
  expect(answer[0]).toMatch(/^Best was batchSize 128: .* after 125 steps/)
  expect(effects[0]!.share).toBeCloseTo(1, 10)
  expect(comparisons).toHaveLength(1)
})

test('usable rates are told of normalisations in whatever order factors are named, and once', () => {
  const { normalization, schedule, lr } = factors
  const { answer, windows } = analyse(
    subject({ schedule, normalization, lr }),
    grid({ schedule, normalization, lr }, known),
  )
  expect(answer[1]).toMatch(/^With normalization batch usable rates were 0\.01 to 1 .*, without 0\.01 alone/)
  expect(windows).toHaveLength(6)
  expect(
    analyse(
      subject({ lr }),
      grid({ lr }, () => 0.9),
    ).windows,
  ).toHaveLength(1)
})

test('without normalisations the usable rates are those of the best schedule, which is named', () => {
  const { schedule, lr } = factors
  const score = (s: Readonly<Record<string, Value>>): number =>
    s.schedule === 'linear' ? 0.95 : s.lr === 0.01 ? 0.9 : 0.5
  const { answer } = analyse(subject({ schedule, lr }), grid({ schedule, lr }, score))
  expect(answer[1]).toBe(
    'Usable rates with schedule linear were 0.01 to 1 (lower and higher ones were not tried).',
  )
})

test('a factor of which any number may be tried explains nothing: each of its values was there once', () => {
  const lr = Array.from({ length: 12 }, (_, i) => 0.01 * 1.5 ** i)
  const drawn = { ...subject({ lr, schedule: ['constant', 'linear'] }), drawn: ['lr'] }
  const { effects, interactions } = analyse(
    drawn,
    grid({ lr, schedule: ['constant', 'linear'] }, () => 0.9),
  )
  expect(effects.map(({ factor }) => factor)).toEqual(['schedule'])
  expect(interactions).toEqual([])
})

test('of a race, effects are of the first round and the best of the last', () => {
  const lr = { lr: [0.1, 1, 10] }
  const first = grid(lr, (s) => 0.5 + 0.01 * Number(s.lr))
  const last = grid({ lr: [1] }, () => 0.9, { steps: 400 }).map((trial) => ({ ...trial, rung: 1 }))
  const { answer, effects } = analyse(subject(lr), [...first, ...last])
  expect(answer[1]).toBe('Usable rates were 10 alone (higher ones were not tried) in runs of 100 steps.')
  expect(answer[0]).toMatch(/^Best was lr 1: .* after 400 steps/)
  expect(effects[0]!.best).toHaveLength(3)
})

test('a study in which nothing was done says so', () => {
  const lr = { lr: [10, 100] }
  expect(
    analyse(
      subject(lr),
      grid(lr, () => null),
    ).answer,
  ).toEqual(['None of 6 trials can be recommended: 6 diverged and 0 failed.'])
})

test('one seed gives no interval and shows no difference', () => {
  const lr = { schedule: ['constant', 'linear'] }
  const trials = grid(lr, (s) => (s.schedule === 'linear' ? 0.9 : 0.1), { seeds: [4] })
  const { answer, comparisons } = analyse(subject(lr), trials)
  expect(answer[0]).toBe(
    'Best was schedule linear: validation accuracy 90.00 % after 100 steps, over 1 seed.',
  )
  expect(comparisons[0]).toMatchObject({
    p: 1,
    verdict: 'no difference was shown between schedule linear and schedule constant (80.00 points, 1 seed)',
  })
})

test('a loss is better when it is less, and its rates are told by a tenth of it', () => {
  const lr = { lr: [0.1, 1, 10] }
  const loss = { name: 'validationLoss', goal: 'min' } as const
  const trials = grid(lr, (s) => ({ 0.1: 1.05, 1: 1, 10: 1.2 })[String(s.lr)]!, { metric: 'validationLoss' })
  const { answer, windows } = analyse(subject(lr, loss), trials)
  expect(answer[0]).toMatch(/^Best was lr 1: validation loss 1 /)
  expect(windows[0]).toMatchObject({ low: 0.1, high: 1, within: 0.1, metric: 'validationLoss' })
})
