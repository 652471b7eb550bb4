import { expect, test } from 'vitest'
import { resultOf } from '../../../test/support/advice.ts'
import type { Finished } from '../analysis/findings.ts'
import { evidenceOf } from './evidence.ts'

const metric = { name: 'validationLoss', goal: 'min' } as const
const a = { normalization: 'batch', schedule: 'warmupCosine', lr: 0.1 }
const b = { normalization: 'none', schedule: 'warmupCosine', lr: 0.1 }
const trial = (settings: Finished['settings'], rung: number, loss: number, seed = 0): Finished => ({
  ...{ id: 0, settings, seed, steps: rung === 0 ? 30 : 90, rung },
  result: Number.isFinite(loss) ? resultOf(loss) : { ...resultOf(0), status: 'diverged', metrics: {} },
})

test('compares runs of one length, over the seeds that the values share', () => {
  const before = [trial(a, 0, 0.5), trial(b, 0, 0.4)]
  expect(evidenceOf([...before, trial(a, 1, 0.1), trial(a, 1, 0.9, 1)], metric, undefined)).toEqual([
    'Normalization batch, schedule warmupCosine, lr 0.1: validation loss 0.5 after 30 steps; ' +
      'normalization none, schedule warmupCosine, lr 0.1: validation loss 0.4 after 30 steps.',
  ])
  const whole = [trial(a, 1, 0.1), trial(a, 1, 0.9, 1), trial(b, 1, 0.2), trial({}, 1, 0.3)]
  expect(evidenceOf([...before, ...whole], metric, undefined)).toEqual([
    'Normalization batch, schedule warmupCosine, lr 0.1: validation loss 0.1 after 90 steps; ' +
      'normalization none, schedule warmupCosine, lr 0.1: validation loss 0.2 after 90 steps.',
    'The experiment as it is: validation loss 0.3 after 90 steps.',
  ])
})

test('says from which rate on a normalization broke, and not where a higher one did not', () => {
  const at = (settings: Finished['settings'], lr: number): Finished['settings'] => ({ ...settings, lr })
  const broken = [at(b, 1), at(b, 3), at(a, 0.1)].map((settings) =>
    trial(settings, 0, Number.POSITIVE_INFINITY),
  )
  const fine = [trial(at(b, 0.3), 0, 1), trial(at(a, 1), 0, 1)]
  const found = evidenceOf([...broken, ...fine], metric, undefined)
  expect(found.filter((sentence) => sentence.includes('diverged'))).toEqual([
    'With normalization none rates from 1 on diverged.',
  ])
})
