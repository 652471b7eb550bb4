import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { resultOf, toyOf } from '../../../test/support/advice.ts'
import { clouds } from '../../../test/support/toy.ts'
import * as nn from '../../nn/index.ts'
import type { Optimizer } from '../../optim/optimizer.ts'
import { adamw } from '../../optim/rules/adam.ts'
import { scheduleFreeSgd } from '../../optim/rules/schedule-free.ts'
import { sgd } from '../../optim/rules/sgd.ts'
import { keepSessions } from '../../runtime/node-cpu.ts'
import { override } from '../../train/spec.ts'
import { run } from '../../train/train.ts'
import type { Finished } from '../analysis/findings.ts'
import type { Settings } from '../trial.ts'
import type { Advice } from './advice.ts'
import { type AdviseEvent, type AdviseOptions, advise } from './advise.ts'
import { candidatesOf } from './candidates.ts'
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

/** Returns a runner whose trials end with the loss that `lossOf` returns, and diverge where it is infinite. */
const pretending = (lossOf: (settings: Settings, trial: Finished['seed'], steps: number) => number): Runner =>
  async function* (_, trials) {
    for (const trial of trials) {
      const loss = lossOf(trial.settings, trial.seed, trial.steps)
      const result: Finished['result'] = Number.isFinite(loss)
        ? { ...resultOf(loss), steps: trial.steps }
        : { ...resultOf(0), status: 'diverged', metrics: {} }
      yield { ...trial, result }
    }
  }

/** Data with many validation examples, of which a loss says much. */
const many = { data: clouds(600, 3000), batchSize: 32 }

const advised = async (
  runner: Runner,
  changes: Parameters<typeof toyOf>[0] = many,
  more: Partial<AdviseOptions> = {},
): Promise<Advice> => adviceIn(await eventsOf(advise(toyOf(changes), { budget: 1620, runner, ...more })))

/** A loss that is least with layer normalization at a rate of 1, and differs little between seeds. */
const landscape = ({ normalization, lr, schedule }: Settings, seed: number): number => {
  if (normalization === undefined) return 0.5 + 0.003 * seed
  const ofNormalization = { layer: 0.2, batch: 0.3, none: 0.4 }[String(normalization)] ?? 0.35
  const ofSchedule = schedule === 'constant' ? 1.15 : 1
  return ofNormalization * ofSchedule * Math.exp(Math.log10(Number(lr)) ** 2) + 0.003 * seed
}

// Trials in this process, as in a worker of a study, use the graphs of those before them.
beforeAll(() => keepSessions(20))
afterAll(() => keepSessions(0))

describe('advice', () => {
  test('on a toy is what a run then gives, spends no more than it may, and is the same twice', async () => {
    const base = toyOf()
    const options = { budget: 830, resplit: false } // as the run below has the experiment's own split
    const advice = adviceIn(await eventsOf(advise(base, options)))
    const { recommendation, steps, trials } = advice
    expect(steps.spent).toBeLessThanOrEqual(830)
    expect(trials.reduce((sum, trial) => sum + trial.steps, 0)).toBeLessThanOrEqual(830)
    let loss = Number.NaN
    for await (const event of run(override(base, recommendation.settings))) {
      if (event.type === 'epoch') loss = event.validationLoss
    }
    const trial = trials.find(({ id }) => id === recommendation.trial)!
    expect(loss).toBeCloseTo(trial.result.metrics.validationLoss!, 6)
    const again = adviceIn(await eventsOf(advise(base, options)))
    expect(again.recommendation).toEqual(recommendation)
    expect(again.because).toBe(advice.because)
  })

  test('finds the best of a landscape, says how surely, and what the experiment as it is reaches', async () => {
    const advice = await advised(pretending(landscape))
    expect(advice.recommendation.normalization).toBe('layer')
    expect(Math.abs(Math.log10(advice.recommendation.lr!))).toBeLessThan(0.2)
    expect(advice.recommendation.schedule!.name).not.toBe('constant')
    expect(advice.certainty).toBe('sure')
    expect(advice.confidence).toBeGreaterThanOrEqual(0.9)
    expect(advice.better).toBeGreaterThan(0.99)
    expect(advice.unchanged!.value).toBeCloseTo(0.5, 1)
    expect(advice.because).toMatch(
      /^(?:9\d|100) % that no other settings are better by more than \d+ %, and 100 % that it is better than the experiment as it is; over \w+ seeds? of these settings$/,
    )
  })

  test('compares only runs of equal length: short ones first, then whole ones with several seeds', async () => {
    const { trials, recommendation } = await advised(pretending(landscape))
    expect(new Set(trials.map(({ steps, rung }) => `${steps} ${rung}`))).toEqual(new Set(['30 0', '90 1']))
    expect(new Set(trials.filter(({ rung }) => rung === 0).map(({ settings }) => settings.schedule))).toEqual(
      new Set(['warmupLinear']),
    )
    expect(trials.filter(({ rung }) => rung === 1)[0]!.settings).toEqual({})
    const chosen = trials.filter(({ rung, settings }) => rung === 1 && settings.lr === recommendation.lr)
    expect(new Set(chosen.map(({ seed }) => seed)).size).toBeGreaterThan(1)
  })

  test('leaves the experiment as it is where nothing is better', async () => {
    const { recommendation, evidence, better } = await advised(
      pretending((settings, seed) => (Object.keys(settings).length === 0 ? 0.1 : 0.3) + 0.001 * seed),
    )
    expect(recommendation.settings).toEqual([])
    expect(better).toBeUndefined()
    expect(evidence.join(' ')).toMatch(
      /The experiment as it is: validation loss 0\.1\d* after 90 steps, over \d+ seeds\./,
    )
  })

  test('says that there is too little data where seeds differ more than settings', async () => {
    let k = 0
    const noise = pretending(({ normalization, lr }, seed) => {
      const effect = 0.15 * Math.sin(7 * String(normalization).length + 3 * Math.log10(Number(lr ?? 1)))
      return 0.3 * Math.exp(effect + 0.3 * Math.sin(1e4 * (++k) ** 2) + 0.2 * seed)
    })
    const { certainty, because } = await advised(noise, {})
    expect(certainty).toBe('too little data')
    expect(because).toMatch(
      /results differ too much between seeds; more validation examples or a larger budget would tell$/,
    )
  })

  test('with shorter runs says that the budget is too small to tell', async () => {
    const { certainty, because, unchanged } = await advised(
      pretending(landscape),
      { steps: 300 },
      { budget: 1000 },
    )
    expect([certainty, unchanged]).toEqual(['too little budget', undefined])
    expect(because).toBe(
      "the longest trials had 111 of a run's 300 steps; trials as long as a run take --budget 2700",
    )
  })

  test('races every normalization that the model takes, each network once, and all schedules', () => {
    const all = (name: 'normalization' | 'schedule', steps: number): string[] => [
      ...new Set(candidatesOf(toyOf(), steps, []).map((one) => one[name])),
    ]
    expect(all('normalization', 90)).toEqual(['none', 'batch', 'layer', 'dyt', 'derf'])
    const schedules = ['constant', 'linear', 'cosine', 'oneCycle', 'rex', 'wsd']
    expect(all('schedule', 90)).toEqual(schedules)
    expect(all('schedule', 5000)).toEqual([...schedules, 'plateau'])
  })

  test('tries weight decay by the angle in long runs, and none in place of the own', () => {
    const decays = (steps: number, optimizer?: Optimizer): unknown[] => [
      ...new Set(
        candidatesOf(toyOf(optimizer && { optimizer }), steps, [])
          .filter(({ settings }) => settings.lr === 0.1)
          .map(({ settings }) => settings['optimizer.weightDecay']),
      ),
    ]
    expect(decays(90)).toEqual([undefined])
    expect(decays(5000)).toEqual([undefined, 0.0045])
    expect(decays(5000, sgd({ lr: 1, weightDecay: 0.1 }))).toEqual([undefined, 0, 0.0045])
  })

  test('on a model that cannot be normalized races what there is', async () => {
    const { trials, recommendation } = await advised(pretending(landscape), {
      ...many,
      model: () => new nn.Linear(2, 3),
    })
    expect(new Set(trials.map(({ settings }) => settings.normalization))).toEqual(
      new Set(['none', undefined]),
    )
    expect(recommendation.normalization).toBe('none')
  })

  test('races constant rates, and higher ones, for an optimizer that needs no schedule', async () => {
    const { trials } = await advised(pretending(landscape), { optimizer: scheduleFreeSgd({ lr: 1 }) })
    const schedules = new Set(trials.map(({ settings }) => settings.schedule))
    schedules.delete(undefined)
    expect(
      [...schedules].every((one) => ['constant', 'warmup {5%} + constant {lr}'].includes(String(one))),
    ).toBe(true)
    expect(Math.max(...trials.map(({ settings }) => Number(settings.lr ?? 0)))).toBeGreaterThan(1)
  })

  test('races other optimizers where asked, at their own rates, and names the one it recommends', async () => {
    const runner = pretending(({ optimizer, lr }) =>
      optimizer === undefined ? 0.5 : 0.3 + 0.1 * Math.log10(Number(lr) / 0.003) ** 2,
    )
    const { recommendation, trials } = await advised(
      runner,
      { optimizer: adamw({ lr: 0.01 }) },
      { optimizers: ['muon'] },
    )
    expect(recommendation.optimizer).toEqual({ type: 'muon', lr: 1 })
    expect(recommendation.settings[0]).toBe('optimizer={"type":"muon","lr":1}')
    expect(override(toyOf(), recommendation.settings).optimizer.spec.type).toBe('muon')
    expect(Math.max(...trials.map(({ settings }) => Number(settings.lr ?? 0)))).toBeLessThanOrEqual(0.1)
  })

  test('trains with Muon and with Prodigy where they are raced', async () => {
    const base = toyOf({ optimizer: adamw({ lr: 0.01 }) })
    const events = advise(base, { budget: 830, optimizers: ['muon', 'prodigy'] })
    const { trials, recommendation } = adviceIn(await eventsOf(events))
    for (const type of ['muon', 'prodigy']) {
      const own = trials.filter(({ settings }) => (settings.optimizer as { type?: string })?.type === type)
      expect([type, own.length]).not.toEqual([type, 0])
      expect(own.filter(({ result }) => !Number.isFinite(result.metrics.validationLoss))).toEqual([])
    }
    expect(override(base, recommendation.settings).optimizer).toBeDefined()
  })

  test('splits small data anew for each further seed, unless told not to', async () => {
    const splits = ({ trials }: Advice): unknown[] =>
      trials.map(({ seed, split }) => split === (seed === 0 ? undefined : seed))
    const flat = pretending(({ lr }, seed) => 1 + Number(lr ?? 1) + 0.1 * seed)
    expect(new Set(splits(await advised(flat, {})))).toEqual(new Set([true]))
    const kept = await advised(pretending(landscape), {}, { resplit: false })
    expect(kept.trials.some(({ seed }) => seed > 0)).toBe(true)
    expect(kept.trials.every(({ split }) => split === undefined)).toBe(true)
  })

  test('names the batch size where larger batches did better on as many examples', async () => {
    const small = { ...many, batchSize: 8 }
    const runner = pretending(
      (settings, seed) => (settings.batchSize === 32 ? 0.8 : 1) * landscape(settings, seed),
    )
    const { bottleneck, evidence, trials } = await advised(runner, small)
    expect(bottleneck).toMatchObject({ batchSize: 8, tried: 32 })
    expect(evidence.at(-1)).toMatch(
      /^The batch size is the bottleneck: batches of 32 instead of 8, on as many examples in all and at twice the rate, multiply the loss by 0\.\d+\.$/,
    )
    const larger = trials.filter(({ rung }) => rung === 2)
    expect(larger.map(({ steps }) => steps)).toEqual(larger.map(() => 23))
    const fine = await advised(
      pretending((settings, seed) => (settings.batchSize === 32 ? 1.2 : 1) * landscape(settings, seed)),
      small,
    )
    expect(fine.bottleneck).toBeUndefined()
  })

  test('never recommends settings of which a whole run broke', async () => {
    const fragile = (settings: Settings, seed: number, steps: number): number =>
      settings.normalization === 'layer' && steps === 90 && seed === 1
        ? Number.POSITIVE_INFINITY
        : landscape(settings, seed)
    const { recommendation, trials } = await advised(pretending(fragile))
    const broken = trials.filter(({ result, rung }) => result.status === 'diverged' && rung === 1)
    const { lr, normalization } = recommendation
    expect(broken.length).toBeGreaterThan(0)
    expect(
      broken.some(
        ({ settings }) =>
          settings.normalization === normalization &&
          settings.lr === lr &&
          settings.schedule === recommendation.schedule!.name,
      ),
    ).toBe(false)
  })

  test('is refused with options that it cannot use', async () => {
    await expect(advise(toyOf(), { budget: 1.5 }).next()).rejects.toThrow(
      'advise: wanted budget as a positive integer, got 1.5',
    )
    await expect(advise(toyOf(), { budget: 900, seeds: 3 } as never).next()).rejects.toThrow(
      'advise: wanted one of budget, optimizers, resplit, runner, signal, got seeds',
    )
  })

  test('of nothing but broken trials says so, and ends', async () => {
    const broken = pretending(() => Number.POSITIVE_INFINITY)
    await expect(advised(broken)).rejects.toThrow(
      /^advise: wanted a trial that is done, got \d+ trials that diverged$/,
    )
    await expect(advised(async function* () {})).rejects.toThrow(
      /^advise: wanted a trial that is done, got none$/,
    )
  })
})
