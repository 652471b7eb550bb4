import { describe, expect, test } from 'vitest'
import { number, type OptionsOf, scheduled } from '../../src/core/options.ts'
import { type Diagnosis, examine, lint } from '../../src/doctor/index.ts'
import { mul, sub } from '../../src/ops/arithmetic.ts'
import { type CommonOptions, type Optimizer, optimizer } from '../../src/optim/optimizer.ts'
import { parse, rules } from '../../src/optim/parse.ts'
import type { Rule } from '../../src/optim/rule.ts'
import { adam } from '../../src/optim/rules/adam.ts'
import { sgd } from '../../src/optim/rules/sgd.ts'
import * as schedule from '../../src/schedule/index.ts'
import { candidatesOf } from '../../src/study/advise/candidates.ts'
import { driftWeightDecay } from '../../src/study/advise/weight-decay.ts'
import { override } from '../../src/train/spec.ts'
import { setup, trained } from '../doctor/runs.ts'

// A thirteenth optimizer, made as a user of the package makes one: nothing outside src/optim knows its name.

const options = {
  /** L2 penalty. @default 0 */
  weightDecay: scheduled(number({ min: 0 }, 0)),
}

/** Says nothing about itself. */
const silentRule: Rule<typeof options> = {
  type: 'thirteenth',
  options,
  linear: () => true,
  update: ({ w, lr, lrG, hyper }) => sub(mul(w, sub(1, mul(lr, hyper('weightDecay')))), lrG),
}
type Options = OptionsOf<typeof options> & CommonOptions<typeof options>
const silent = (given: Options): Optimizer => optimizer(silentRule, given)

const penalized = { lr: schedule.constant(0.05), weightDecay: 0.02 }

async function said(by: Optimizer, only: readonly string[]): Promise<Diagnosis[]> {
  const { experiment, task, log } = await trained({ optimizer: by })
  const all: Diagnosis[] = []
  for await (const diagnosis of examine(experiment, task, { log, only })) all.push(diagnosis)
  return all
}

const asked = ['D2', 'D3', 'D4', 'D6', 'D13', 'D14']

describe('an optimizer that declares what SGD declares', () => {
  const traits = () => sgd.rule.traits!({ momentum: 0, dampening: 0 } as never)
  const declared = (given: Options): Optimizer => optimizer({ ...silentRule, traits }, given)

  test('is examined as SGD is', async () => {
    expect(await said(declared(penalized), asked)).toEqual(await said(sgd(penalized), asked))
  })

  test('is linted as SGD is', () => {
    const turning = { lr: 1, weightDecay: 0.1 }
    const complaints = lint(setup({ optimizer: declared(turning) }))
    expect(complaints.map(({ rule }) => rule)).toContain('fast-turning')
    expect(complaints).toEqual(lint(setup({ optimizer: sgd(turning) })))
  })

  test('gets the weight decay that SGD gets', () => {
    const experiment = setup({ optimizer: declared({ lr: 0.1 }) })
    expect(driftWeightDecay(experiment, 0.1, 5000)).toBe(0.0045)
    expect(driftWeightDecay(experiment, 0.1, 2000)).toBeUndefined()
  })
})

describe('an optimizer that declares nothing', () => {
  test('is told no bound and no equilibrium', async () => {
    const [rates, rotation, time, ratio, sharpness, batch] = await said(silent(penalized), asked)
    expect(rates).toHaveProperty('value')
    expect(rotation).toHaveProperty('reason', expect.stringContaining('there is no equilibrium'))
    expect(time).toHaveProperty('reason', expect.stringContaining('there is no equilibrium'))
    expect(ratio).toHaveProperty('reason')
    expect(sharpness).toHaveProperty(
      'advice',
      expect.stringMatching(/; under thirteenth no bound on the rate follows from it$/),
    )
    expect(batch).toHaveProperty('reason', expect.stringContaining('the bound holds for'))
  })

  test('is not taken for one that rescales gradients, or turns weights too fast', () => {
    const complaints = lint(setup({ optimizer: silent({ lr: 1, weightDecay: 0.1 }) }))
    expect(complaints.map(({ rule }) => rule)).toEqual(['decay-on-vectors', 'short-tail', 'no-decay'])
  })

  test('gets no weight decay, and rates like those of most', () => {
    const experiment = setup({ optimizer: silent({ lr: 0.1 }) })
    expect(driftWeightDecay(experiment, 0.1, 5000)).toBeUndefined()
    expect(advisedRates(experiment)).toEqual([0.01, 0.032, 0.1, 0.32, 1, 3.2, 10])
  })
})

test('a rule that rescales gradients is warned of a penalty, by its own name', () => {
  const rule = { ...adam.rule, type: 'fourteenth' }
  const complaints = lint(setup({ optimizer: optimizer(rule, { lr: 1e-3, weightDecay: 0.1 }) }))
  expect(complaints.find(({ rule }) => rule === 'penalty-in-adam')?.advice).toMatch(/^fourteenth divides/)
})

test('advice on an optimizer tries the rates that it declares', () => {
  const rule = { ...silentRule, traits: () => ({ testRates: [0.01, 2] as const }) }
  const experiment = setup({ optimizer: optimizer(rule, { lr: 0.1 }) })
  expect(advisedRates(experiment)).toEqual([0.01, 0.032, 0.1, 0.32, 1])
})

/** The rates that short runs of advice on an experiment try. */
const advisedRates = (experiment: ReturnType<typeof setup>): number[] => [
  ...new Set(
    candidatesOf(experiment, 80, [])
      .filter(({ isCoarse }) => isCoarse)
      .map(({ settings }) => Number(settings.lr)),
  ),
]

test('options may be changed without knowing the optimizer', () => {
  const changed = silent({ lr: 0.1 }).with({ lr: 'cosine 1 to 0 over 10' })
  expect((changed.spec.lr as schedule.Schedule)(5)).toBeCloseTo(0.5)
  expect(() => changed.with({ rate: 1 })).toThrow(/^thirteenth: wanted one of lr, .*, got rate/)
  const experiment = override(setup({ optimizer: silent({ lr: 0.1 }) }), ['optimizer.weightDecay=0.5'])
  expect(experiment.optimizer.spec).toEqual({ type: 'thirteenth', lr: 0.1, weightDecay: 0.5 })
})

test('every optimizer declares the rates of its range test, and what evaluation uses', () => {
  for (const { type } of rules) {
    const { testRates, evaluation } = parse({ type, lr: 0.1 }).traits()
    expect(testRates, type).toHaveLength(2)
    expect(evaluation?.batchNorm, type).toBe(type.startsWith('scheduleFree') ? 'recalibrate' : undefined)
  }
  const average = { type: 'ema', batchNorm: 'copy' } as const
  expect(sgd({ lr: 1, average }).traits().evaluation).toEqual(average)
})
