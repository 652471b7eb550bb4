import { describe, expect, test } from 'vitest'
import { resultOf, toyOf } from '../../../test/support/advice.ts'
import type { Finished } from '../analysis/findings.ts'
import { adviceOf } from './advice.ts'

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
