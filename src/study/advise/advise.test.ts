import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toy } from '../../../test/support/toy.ts'
import * as nn from '../../nn/index.ts'
import { adamw } from '../../optim/rules/adam.ts'
import { scheduleFreeSgd } from '../../optim/rules/schedule-free.ts'
import { sgd } from '../../optim/rules/sgd.ts'
import { keepSessions } from '../../runtime/node-cpu.ts'
import * as schedule from '../../schedule/index.ts'
import { type ExperimentOptions, experiment } from '../../train/experiment.ts'
import { override } from '../../train/spec.ts'
import { run } from '../../train/train.ts'
import type { Finished } from '../analysis/findings.ts'
import type { Advice } from './advice.ts'
import { adviceOf } from './advice.ts'
import { type AdviseEvent, advise } from './advise.ts'
import { planOf, seedsBudget, wholeBudget } from './plan.ts'
import type { Runner } from './runner.ts'
import { driftWeightDecay } from './weight-decay.ts'

const toyOf = (changes: Partial<ExperimentOptions> = {}) => {
  const { epochs: _, ...rest } = toy()
  return experiment({ ...rest, steps: 90, ...changes })
}

const eventsOf = async (events: AsyncIterable<AdviseEvent>): Promise<AdviseEvent[]> => {
  const all: AdviseEvent[] = []
  for await (const event of events) all.push(event)
  return all
}

const adviceIn = (events: readonly AdviseEvent[]): Advice => {
  const last = events.at(-1)!
  if (last.type !== 'advice') throw new Error('no advice')
  return last.advice
}

describe('a plan', () => {
  test('has rounds three times as long as the one before, and spends no more than the budget', () => {
    for (const [budget, run] of [
      [2520, 280],
      [5400, 600],
      [42165, 4685],
      [3000, 4685],
    ] as const) {
      const { ramp, rounds, whole } = planOf(budget, run)
      const [first, second, last] = rounds
      expect(2 * ramp + 10 * first + 8 * second + 4 * last).toBeLessThanOrEqual(budget)
      expect(last / second).toBeCloseTo(3, 1)
      expect(whole).toBe(last === run)
    }
  })

  test.each([100, 280, 4685, 100_000])('of the least whole budget has runs of full length: %i', (run) => {
    expect(planOf(wholeBudget(run), run).whole).toBe(true)
  })

  test.each([90, 280, 600, 1500, 4685])('of the budget for three seeds pays for them: %i', (run) => {
    const budget = seedsBudget(run, 3)
    const { ramp, rounds, whole } = planOf(budget, run)
    const [first, second, last] = rounds
    expect(whole).toBe(true)
    expect(2 * ramp + 10 * first + 8 * second + 4 * last + 4 * run).toBeLessThanOrEqual(budget)
  })

  test('is refused where trials would say nothing', async () => {
    expect(() => planOf(500, 4685)).toThrow(
      'advise: wanted a budget of 820 steps or more, got 500; a run has 4685, and trials as long as a run take 37639',
    )
    await expect(advise(toyOf(), { budget: 1.5 }).next()).rejects.toThrow(
      'advise: wanted budget as a positive integer, got 1.5',
    )
    await expect(advise(toyOf(), { budget: 900, seeds: 3 } as never).next()).rejects.toThrow(
      'advise: wanted one of budget, runner, got seeds',
    )
  })
})

describe('weight decay by the drift angle', () => {
  test('turns weights by 0.03 a step', () => {
    const decay = driftWeightDecay(toyOf({ optimizer: sgd({ lr: 1, momentum: 0.9 }) }), 0.1, 5000)!
    expect(decay).toBe(4.5e-4) // the classic 5e-4 of ResNets, for lr 0.1 and momentum 0.9
    expect(Math.sqrt((2 * 0.1 * decay) / (1 - 0.9))).toBeCloseTo(0.03, 6)
    expect(driftWeightDecay(toyOf({ optimizer: adamw({ lr: 1e-3 }) }), 0.001, 5000)).toBe(0.45)
  })

  test('is not asked of runs that are too short to feel it', () => {
    expect(driftWeightDecay(toyOf(), 0.1, 2222)).toBeUndefined()
    expect(driftWeightDecay(toyOf({ optimizer: adamw({ lr: 1e-3 }) }), 0.001, 4444)).toBeUndefined()
  })

  test('is not told of a momentum that changes', () => {
    const optimizer = sgd({ lr: 1, momentum: schedule.linear(0.9, { totalIters: 10 }) })
    expect(driftWeightDecay(toyOf({ optimizer }), 0.1, 5000)).toBeUndefined()
  })
})

// Trials in this process, as in a worker of a study, use the graphs of those before them.
beforeAll(() => keepSessions(8))
afterAll(() => keepSessions(0))

describe('advice', () => {
  const base = toyOf()
  let onToy: Advice
  beforeAll(async () => {
    onToy = adviceIn(await eventsOf(advise(base, { budget: 900 })))
  })

  test('on a toy is what a run then gives, and spends no more than it may', async () => {
    const { recommendation, steps, trials, ranges } = onToy
    expect(ranges.map(({ normalization }) => normalization)).toEqual(['none', 'batch'])
    expect(trials).toHaveLength(22)
    expect(steps.spent).toBeLessThanOrEqual(900)
    let loss = Number.NaN
    for await (const event of run(override(base, recommendation.settings))) {
      if (event.type === 'epoch') loss = event.validationLoss
    }
    expect(loss).toBeCloseTo(recommendation.score.value, 6)
    const finals = trials
      .filter((trial) => trial.rung === 2)
      .map(({ result }) => result.metrics.validationLoss!)
    expect(recommendation.score.value).toBe(Math.min(...finals))
  })

  test('is the same twice, and leaves the experiment as it was', async () => {
    const again = adviceIn(await eventsOf(advise(base, { budget: 900 })))
    expect(again.recommendation).toEqual(onToy.recommendation)
    expect(again.because).toBe(onToy.because)
  })

  test('on a model that cannot be normalised races what there is', async () => {
    const base = toyOf({ model: () => new nn.Linear(2, 3) })
    const { ranges, recommendation } = adviceIn(await eventsOf(advise(base, { budget: 900 })))
    expect(ranges).toHaveLength(1)
    expect(recommendation.normalization).toBe('none')
  })

  test('with runs cut short says that the budget is too small to tell', async () => {
    const { confidence, because } = adviceIn(await eventsOf(advise(toyOf({ steps: 300 }), { budget: 1000 })))
    expect(confidence).toBe('low')
    expect(because).toBe(
      "the budget is too small to tell: the longest trials had 113 of a run's 300 steps; " +
        'trials as long as a run take --budget 2568',
    )
  })

  test('races constant rates, and higher ones, for an optimizer that needs no schedule', async () => {
    const base = toyOf({ optimizer: scheduleFreeSgd({ lr: 1 }) })
    const { trials } = adviceIn(await eventsOf(advise(base, { budget: 900 })))
    expect([...new Set(trials.map(({ settings }) => settings.schedule))]).toEqual([
      'constant',
      'warmup {5%} + constant {lr}',
      undefined, // the experiment as it is
    ])
    expect(Math.max(...trials.map(({ settings }) => Number(settings.lr ?? 0)))).toBeGreaterThan(1)
  })

  test('leaves the experiment as it is where nothing that was tried is better', async () => {
    const runner: Runner = async function* (_, trials) {
      for (const trial of trials) yield { ...trial, result: resultOf(Object.keys(trial.settings).length + 1) }
    }
    const { recommendation, evidence } = adviceIn(await eventsOf(advise(toyOf(), { budget: 820, runner })))
    expect(recommendation).toMatchObject({ score: { value: 1 }, settings: [] })
    expect(evidence).toContain('The experiment as it is: validation loss 1 after 90 steps, over 5 seeds.')
  })

  test('tells from which rate on a normalisation broke, and not where a higher one did not', async () => {
    const runner: Runner = async function* (_, trials) {
      for (const trial of trials) {
        const { normalization, lr } = trial.settings
        const breaks = normalization === 'none' ? Number(lr) >= 0.5 : Number(lr) === 0.3
        const result: Finished['result'] = breaks
          ? { ...resultOf(0), status: 'diverged', metrics: {} }
          : resultOf(1 / Number(lr))
        yield { ...trial, result }
      }
    }
    const { evidence } = adviceIn(await eventsOf(advise(toyOf(), { budget: 900, runner })))
    expect(evidence.filter((sentence) => sentence.includes('diverged'))).toEqual([
      'With normalization none rates from 1 on diverged.',
    ])
  })

  test('counts the seeds of the two best, which belong to the last round', async () => {
    const runner: Runner = async function* (_, trials) {
      for (const trial of trials) {
        const worse = Object.keys(trial.settings).length === 0 ? 1 : 0
        yield { ...trial, result: resultOf(worse + Number(trial.settings.lr ?? 0) + 0.01 * trial.seed) }
      }
    }
    const advice = adviceIn(await eventsOf(advise(toyOf(), { budget: 1400, runner })))
    const repeated = advice.trials.filter(({ seed }) => seed > 0)
    expect(new Set(repeated.map(({ rung, seed }) => `${rung} ${seed}`))).toEqual(
      new Set(['2 1', '2 2', '2 3', '2 4']),
    )
    expect(advice.because).toMatch(/^over 5 seeds no difference was shown to /)
    expect(advice.recommendation.score.interval).toBeDefined()
    expect(advice.evidence.join(' ')).toMatch(/after 90 steps, over 5 seeds/)
  })

  test('of nothing but broken trials says so', async () => {
    const broken: Runner = async function* (_, trials) {
      for (const trial of trials)
        yield { ...trial, result: { ...resultOf(0), status: 'diverged', metrics: {} } }
    }
    await expect(eventsOf(advise(toyOf(), { budget: 900, runner: broken }))).rejects.toThrow(
      'advise: wanted a trial with a finite loss, got none of 10; look for numbers in the data that are not finite',
    )
  })
})

const resultOf = (loss: number): Finished['result'] => ({
  status: 'done',
  metrics: { validationLoss: loss },
  steps: 1,
  time: { training: 1, total: 1 },
  curve: { steps: [], trainLoss: [], lr: [] },
})

describe('confidence', () => {
  const a = { normalization: 'batch', schedule: 'cosine', lr: 0.1 }
  const b = { normalization: 'none', schedule: 'cosine', lr: 0.1 }
  const trial = (settings: Finished['settings'], rung: number, loss: number, seed = 0): Finished => ({
    id: 0,
    settings,
    seed,
    steps: rung === 1 ? 30 : 90,
    rung,
    result: resultOf(loss),
  })
  const told = (finals: readonly Finished[], before: readonly Finished[] = []) =>
    adviceOf({
      experiment: toyOf(),
      plan: { ramp: 60, rounds: [10, 30, 90], whole: true },
      budget: 1000,
      ranges: [],
      finished: [...before, ...finals],
      finals,
      spent: 900,
    })
  const seeds = [0, 1, 2]

  test('is high where seeds show a difference', () => {
    const finals = seeds.flatMap((s) => [trial(a, 2, 0.1 + 0.01 * s, s), trial(b, 2, 0.15 + 0.0101 * s, s)])
    expect(told(finals)).toMatchObject({
      confidence: 'high',
      because: 'over 3 seeds it is better than normalization none, schedule cosine, lr 0.1 by 0.0501',
    })
  })

  test('is medium where they show none', () => {
    const finals = seeds.flatMap((s) => [trial(a, 2, 0.1, s), trial(b, 2, 0.101 + 0.01 * (s - 1), s)])
    expect(told(finals)).toMatchObject({
      confidence: 'medium',
      because:
        'over 3 seeds no difference was shown to normalization none, schedule cosine, lr 0.1 (0.001): either will do',
    })
  })

  test('names the seeds it has, and a budget only if that is larger', () => {
    const two = [0, 1].flatMap((s) => [trial(a, 2, 0.1, s), trial(b, 2, 0.2, s)])
    expect(told(two, [trial(a, 1, 0.3)]).because).toBe(
      'it led in runs of 30 and of 90 steps, over 2 seeds; three seeds of the two best take --budget 1180',
    )
    expect(told([trial(a, 2, 0.1)], [trial(a, 1, 0.3)]).because).toBe(
      'it led in runs of 30 and of 90 steps, over one seed, and no others finished in the last round',
    )
  })

  test('rests on evidence from runs of one length, over the same seeds', () => {
    const before = [trial(a, 1, 0.5), trial(b, 1, 0.4), trial({ ...b, schedule: 'oneCycle' }, 1, 0.3)]
    const { evidence } = told([trial(a, 2, 0.1, 0), trial(a, 2, 0.9, 1)], before)
    expect(evidence).toEqual([
      'Normalization batch, schedule cosine, lr 0.1: validation loss 0.5 after 30 steps; ' +
        'normalization none, schedule oneCycle, lr 0.1: validation loss 0.3 after 30 steps.',
      'Normalization none, schedule cosine, lr 0.1: validation loss 0.4 after 30 steps; ' +
        'normalization none, schedule oneCycle, lr 0.1: validation loss 0.3 after 30 steps.',
    ])
    const last = [trial(a, 2, 0.1, 0), trial(a, 2, 0.9, 1), trial(b, 2, 0.2, 0)]
    expect(told(last).evidence).toEqual([
      'Normalization batch, schedule cosine, lr 0.1: validation loss 0.1 after 90 steps; ' +
        'normalization none, schedule cosine, lr 0.1: validation loss 0.2 after 90 steps.',
    ])
  })

  test('is low where the experiment as it is did best over one seed', () => {
    expect(told([trial({}, 2, 0.1), trial(a, 2, 0.2)])).toMatchObject({
      confidence: 'low',
      because: 'over one seed no other settings did better; three seeds of the two best take --budget 1180',
    })
  })

  test('is medium where one seed led twice, and low where the lead changed', () => {
    const finals = [trial(a, 2, 0.1), trial(b, 2, 0.2)]
    expect(told(finals, [trial(a, 1, 0.3), trial(b, 1, 0.4)])).toMatchObject({
      confidence: 'medium',
      because:
        'it led in runs of 30 and of 90 steps, over one seed; three seeds of the two best take --budget 1180',
    })
    expect(told(finals, [trial(a, 1, 0.5), trial(b, 1, 0.4)])).toMatchObject({
      confidence: 'low',
      because:
        'the budget is too small to tell: normalization none, schedule cosine, lr 0.1 led in runs of 30 steps; ' +
        'three seeds of the two best take --budget 1180',
    })
  })
})
