import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { resultOf, toyOf } from '../../../test/support/advice.ts'
import * as nn from '../../nn/index.ts'
import { scheduleFreeSgd } from '../../optim/rules/schedule-free.ts'
import { keepSessions } from '../../runtime/node-cpu.ts'
import { override } from '../../train/spec.ts'
import { run } from '../../train/train.ts'
import type { Finished } from '../analysis/findings.ts'
import type { Advice } from './advice.ts'
import { type AdviseEvent, advise } from './advise.ts'
import type { Runner } from './runner.ts'

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

  test('is refused with options that it cannot use', async () => {
    await expect(advise(toyOf(), { budget: 1.5 }).next()).rejects.toThrow(
      'advise: wanted budget as a positive integer, got 1.5',
    )
    await expect(advise(toyOf(), { budget: 900, seeds: 3 } as never).next()).rejects.toThrow(
      'advise: wanted one of budget, runner, signal, got seeds',
    )
  })

  test('of nothing but broken trials says so', async () => {
    const broken: Runner = async function* (_, trials) {
      for (const trial of trials)
        yield { ...trial, result: { ...resultOf(0), status: 'diverged', metrics: {} } }
    }
    await expect(eventsOf(advise(toyOf(), { budget: 900, runner: broken }))).rejects.toThrow(
      'advise: wanted a trial that is done, got 10 trials that diverged',
    )
  })
})
