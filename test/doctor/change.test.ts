import { describe, expect, test } from 'vitest'
import { hyperparameterAt } from '../../src/core/variable.ts'
import { type ExperimentChange, obey, phrase, Subject } from '../../src/doctor/index.ts'
import { BatchNorm } from '../../src/nn/norm/batch-norm.ts'
import { batchNorms } from '../../src/nn/norm/freeze.ts'
import { adamw, sgd } from '../../src/optim/index.ts'
import * as schedule from '../../src/schedule/index.ts'
import type { Experiment, ExperimentOptions } from '../../src/train/index.ts'
import { taskOf } from '../../src/train/train.ts'
import { network, setup } from './runs.ts'

/** 80 steps. */
const obeyed = (change: ExperimentChange, changes: Partial<ExperimentOptions> = {}): Experiment =>
  obey(setup(changes), change)

/** An option of a weight at a step, after the change. */
function optionAt(
  experiment: Experiment,
  weight: string,
  name: 'lr' | 'weightDecay',
  step: number = 0,
): number {
  const options = new Subject(experiment, taskOf(experiment)).options(weight)
  return hyperparameterAt(options[name] as number | ((step: number) => number), step)
}

const instructions: readonly (readonly [ExperimentChange, string])[] = [
  [{ type: 'rate', factor: 2.5 }, 'multiply the learning rate by 2.5'],
  [{ type: 'rate', factor: 0.25 }, 'divide the learning rate by 4'],
  [{ type: 'fall', steps: 16 }, 'let the learning rate fall to 0 over the last 16 steps'],
  [{ type: 'weightDecay', factor: 0.1 }, 'divide the weight decay by 10'],
  [
    { type: 'exemptVectors' },
    'exempt γ, β and biases from weight decay with groups: optim.noDecayOnNormAndBias()',
  ],
  [{ type: 'recalibrate' }, 'recalibrate them before evaluation'],
  [{ type: 'zeroDebias' }, 'use { zeroDebias: true } in BN'],
  [{ type: 'exactBatchNorm' }, "accumulate with batchNorm: 'exact'"],
  [{ type: 'batchSize', batchSize: 16 }, 'use batches of 16, with as many epochs'],
  [{ type: 'dropLast' }, "use lastBatch: 'drop'"],
  [{ type: 'model', instruction: 'move it' }, 'move it'],
]

test.each(instructions)('%j is said as %s', (change, said) => {
  expect(phrase(change)).toBe(said)
})

describe('a change that is obeyed', () => {
  test('multiplies a rate, a schedule, and the rates of groups', () => {
    const groups = [{ match: '^6', lr: 0.2 }]
    const changed = obeyed(
      { type: 'rate', factor: 0.25 },
      { optimizer: sgd({ lr: schedule.exponential(0.1, { gamma: 0.5 }), groups }) },
    )
    expect(optionAt(changed, '0.weight', 'lr', 1)).toBe(0.0125)
    expect(optionAt(changed, '6.weight', 'lr', 1)).toBe(0.05)
  })

  test('multiplies a function of the step, which has no spec', () => {
    const changed = obeyed({ type: 'rate', factor: 2 }, { optimizer: sgd({ lr: (step) => step }) })
    expect(optionAt(changed, '0.weight', 'lr', 3)).toBe(6)
  })

  test('lets the rate fall to 0 after the last step', () => {
    const changed = obeyed({ type: 'fall', steps: 16 }, { optimizer: sgd({ lr: 0.5 }) })
    const rates = [0, 64, 72, 79, 80].map((step) => optionAt(changed, '0.weight', 'lr', step))
    expect(rates).toEqual([0.5, 0.5, 0.25, 0.5 / 16, 0])
  })

  test('divides the weight decay, that of groups and the default of adamw', () => {
    const changed = obeyed(
      { type: 'weightDecay', factor: 0.1 },
      { optimizer: adamw({ lr: 1, groups: [{ match: '^6', weightDecay: 2 }] }) },
    )
    expect(optionAt(changed, '0.weight', 'weightDecay')).toBeCloseTo(0.001)
    expect(optionAt(changed, '6.weight', 'weightDecay')).toBeCloseTo(0.2)
  })

  test('exempts vectors, before groups of their own', () => {
    const optimizer = sgd({ lr: 1, weightDecay: 0.5, groups: [{ match: '^6', weightDecay: 2 }] })
    const changed = obeyed({ type: 'exemptVectors' }, { optimizer })
    const decays = ['0.weight', '1.weight', '6.weight', '6.bias'].map((name) =>
      optionAt(changed, name, 'weightDecay'),
    )
    expect(decays).toEqual([0.5, 0, 2, 0])
  })

  test('recalibrates the statistics of averaged weights too', () => {
    const average = { type: 'ema', decay: 0.9, batchNorm: 'copy' } as const
    const changed = obeyed({ type: 'recalibrate' }, { optimizer: sgd({ lr: 1, average }) })
    expect(changed.recalibrateBeforeEvaluation).toBe(true)
    expect(changed.optimizer.traits().evaluation).toEqual({ type: 'ema', batchNorm: 'recalibrate' })
  })

  test('changes the statistics of every BN layer, which keeps its other options', () => {
    const changed = obeyed({ type: 'zeroDebias' }, { model: network({ norm: { momentum: 0.01 } }) })
    const norms = [...batchNorms(taskOf(changed).model).values()]
    expect(norms.map(({ zeroDebias, momentum }) => [zeroDebias, momentum])).toEqual([
      [true, 0.01],
      [true, 0.01],
    ])
    expect(norms[0]).toBeInstanceOf(BatchNorm)
  })

  test('accumulates exactly, and drops the last batch', () => {
    expect(obeyed({ type: 'exactBatchNorm' }, { accumulate: 4 }).accumulate).toEqual({
      steps: 4,
      batchNorm: 'exact',
    })
    expect(obeyed({ type: 'dropLast' }, { lastBatch: 'keep' }).lastBatch).toBe('drop')
  })

  test('takes fewer steps of larger batches along the same schedule', () => {
    const lr = schedule.linear(1, { startFactor: 1, endFactor: 0, totalIters: 640 })
    const changed = obeyed({ type: 'batchSize', batchSize: 16 }, { batchSize: 4, optimizer: sgd({ lr }) })
    expect([changed.batchSize, changed.epochs]).toEqual([16, 5])
    expect(optionAt(changed, '0.weight', 'lr', 80)).toBeCloseTo(lr(320))
  })

  test('leaves the experiment that was given as it is', () => {
    const given = setup({ optimizer: sgd({ lr: 0.1, weightDecay: 0.5 }) })
    for (const [change] of instructions) if (change.type !== 'model') obey(given, change)
    expect([given.optimizer.spec, given.batchSize]).toEqual([{ type: 'sgd', lr: 0.1, weightDecay: 0.5 }, 32])
  })

  test('is refused where only the author of the model can make it', () => {
    expect(() => obeyed({ type: 'model', instruction: 'move it after the last BN' })).toThrow(
      'obey: wanted a change of options, got "move it after the last BN"; change the model',
    )
  })
})
