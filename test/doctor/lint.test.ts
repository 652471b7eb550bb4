import { describe, expect, test } from 'vitest'
import type { Tensor } from '../../src/core/tensor.ts'
import { lint, lintRules } from '../../src/doctor/index.ts'
import * as nn from '../../src/nn/index.ts'
import * as ops from '../../src/ops/index.ts'
import {
  adam,
  adamw,
  lamb,
  lars,
  nadam,
  noDecayOnNormAndBias,
  scheduleFreeSgd,
  sgd,
} from '../../src/optim/index.ts'
import * as schedule from '../../src/schedule/index.ts'
import type { ExperimentOptions } from '../../src/train/index.ts'
import { expectToSayItsChange, network, points, setup } from './runs.ts'

/** What a rule says of an experiment; nothing where it has nothing to say. */
type Case = readonly [of: string, changes: Partial<ExperimentOptions>, says?: string]

const groups = noDecayOnNormAndBias()
const list =
  (...layers: nn.Module[]) =>
  (): nn.Module =>
    new nn.Sequential(...layers)
const linear = (bias: boolean, from = 16, to = 8): nn.Linear => new nn.Linear(from, to, { bias })
class Softmax implements nn.Module {
  forward(x: Tensor): Tensor {
    return ops.softmax(x)
  }
}
const bn = (): nn.BatchNorm1d => new nn.BatchNorm1d(8)
const relu = new nn.ReLU()
const head = new nn.Linear(8, 4)
const zero = (): nn.BatchNorm1d => {
  const norm = bn()
  norm.weight!.initializer = nn.init.zeros
  return norm
}
const branch = (last: nn.Module): nn.Module =>
  new nn.Residual(new nn.Sequential(linear(false, 8), bn(), relu, linear(false, 8), last))
/** 80 steps, 16 an epoch. */
const to0 = schedule.linear(0.05, { startFactor: 1, endFactor: 0, totalIters: 80 })
const slowTo0 = schedule.linear(0.05, { startFactor: 1, endFactor: 0, totalIters: 400 })
const average = (batchNorm: 'recalibrate' | 'average' | 'copy') => ({ type: 'ema', batchNorm }) as const
const each: ops.Loss = (output, y) => ops.crossEntropy(output, y, { reduction: 'none' })
const masked = (y: Tensor): Tensor => ops.cast(ops.greater(y, 0), 'float32')
const spread = (output: Tensor): Tensor => ops.mean(ops.square(ops.sub(output, ops.mean(output, [0]))))
const slow = network({ norm: { momentum: 0.01 } })

const cases: Readonly<Record<string, readonly Case[]>> = {
  'bias-before-norm': [
    [
      'a linear layer with a bias, then BN',
      { model: list(linear(true), bn(), relu, head) },
      'note: BN cancels 0.bias, whose gradient is 0; { bias: false } computes the same',
    ],
    ['a ReLU between them', { model: list(linear(true), relu, bn(), head) }],
    ['the slope of a PReLU', { model: list(linear(false), new nn.PReLU(), bn(), head) }],
    ['the slopes of a PReLU', { model: list(linear(false), new nn.PReLU({ numParameters: 8 }), bn(), head) }],
    ['a layer without a bias', { model: list(linear(false), bn(), relu, head) }],
  ],
  'dropout-before-norm': [
    [
      'dropout, a linear layer, BN',
      { model: list(linear(false), relu, new nn.Dropout(0.5), linear(false, 8), bn(), head) },
      'warning: the dropout 2 comes before BN 4, which learns a variance that differs in evaluation: move it after the last BN',
    ],
    ['dropout after the last BN', { model: list(linear(false), bn(), new nn.Dropout(0.5), head) }],
    ['dropout of nothing', { model: list(new nn.Dropout(0), linear(false), bn(), head) }],
  ],
  'zero-scale': [
    [
      'γ = 0 in the middle',
      { model: list(linear(false), zero(), relu, head) },
      'warning: the γ of BN 1 starts at 0, and nothing is added to its output, so no gradient passes: start it at 1; only the last BN of a residual branch may start at 0',
    ],
    ['γ = 0 at the end of a branch', { model: list(linear(false), bn(), branch(zero()), head) }],
    [
      'γ = 0 before a layer that adds its bias',
      { model: list(linear(false), bn(), branch(new nn.Sequential(zero(), linear(true, 8))), head) },
      'warning: the γ of BN 2.branch.4.0 starts at 0, and nothing is added to its output, so no gradient passes: start it at 1; only the last BN of a residual branch may start at 0',
    ],
  ],
  'decay-on-vectors': [
    [
      'a decay of everything',
      { optimizer: sgd({ lr: to0, weightDecay: 5e-4 }) },
      'note: the weight decay of 5e-4 also applies to 1.weight, 1.bias, 4.weight and 2 more; optim.noDecayOnNormAndBias() is for exempting them',
    ],
    [
      'adamw’s own default',
      { optimizer: adamw({ lr: 1e-3 }) },
      'note: the weight decay of 0.01 also applies to 1.weight',
    ],
    ['a decay of matrices', { optimizer: adamw({ lr: 1e-3, groups }) }],
    ['no decay', { optimizer: sgd({ lr: to0 }) }],
  ],
  'penalty-in-adam': [
    [
      'adam with weight decay',
      { optimizer: adam({ lr: 1e-3, weightDecay: 0.01 }) },
      "note: adam divides the penalty of 0.01 by the gradient's magnitude, so weights with large gradients decay least; adamw decays all weights alike",
    ],
    ['nadam with weight decay', { optimizer: nadam({ lr: 1e-3, weightDecay: 0.01 }) }, 'note: nadam divides'],
    [
      'nadam that decays apart',
      { optimizer: nadam({ lr: 1e-3, weightDecay: 0.01, decoupledWeightDecay: true }) },
    ],
    ['adam without', { optimizer: adam({ lr: 1e-3 }) }],
    ['adamw', { optimizer: adamw({ lr: 1e-3 }) }],
  ],
  'trust-on-vectors': [
    [
      'lars for all weights',
      { optimizer: lars({ lr: 0.1 }) },
      'note: lars gives 1.weight, 1.bias, 4.weight and 2 more a rate in proportion to their norm, which is initially 0 for a bias; { maxRank: 1, adapt: false } is the group for exempting them',
    ],
    ['lamb for all weights', { optimizer: lamb({ lr: 1e-3 }) }, 'note: lamb gives'],
    ['lars for matrices', { optimizer: lars({ lr: 0.1, groups: [{ maxRank: 1, adapt: false }] }) }],
    ['sgd', {}],
  ],
  'fast-turning': [
    [
      'a rate of 3 at a decay of 1e-3', // the run of Smith & Topin 2017 that ends at chance: 0.245
      { optimizer: sgd({ lr: 3, momentum: 0.9, weightDecay: 1e-3 }) },
      'alarm: at the end of the run, each step still turns 0.weight by 0.245 rad in equilibrium, which keeps the loss up, since noise dominates training',
    ],
    [
      'a rate that stays',
      { optimizer: sgd({ lr: 0.2, momentum: 0.9, weightDecay: 5e-3 }) },
      'warning: at the end of the run, each step still turns 0.weight by 0.141 rad in equilibrium, which keeps the loss up: let the learning rate fall to 0 over the last 16 steps',
    ],
    [
      'a rate that falls after all',
      {
        optimizer: sgd({ lr: schedule.lambda(3, 'step < 70 ? 1 : 0.01'), momentum: 0.9, weightDecay: 1e-3 }),
      },
      'note: in equilibrium, each step turns 0.weight by 0.245 rad, where noise dominates training, before the rate falls',
    ],
    ['the classic 0.1 and 5e-4', { optimizer: sgd({ lr: 0.1, momentum: 0.9, weightDecay: 5e-4 }) }],
    ['adamw', { optimizer: adamw({ lr: 1e-3 }) }],
  ],
  'slow-decay': [
    [
      'a decay that needs more steps than there are',
      { optimizer: sgd({ lr: 0.1, momentum: 0.9, weightDecay: 1e-4 }) },
      'note: weight decay takes 2500 steps to affect the weights before BN, and the run has 80',
    ],
    ['one that is large enough', { optimizer: sgd({ lr: 0.1, momentum: 0.9, weightDecay: 5e-3 }) }],
    ['none', {}],
    [
      'one that decays no weight before BN',
      { model: () => new nn.Linear(16, 4), optimizer: sgd({ lr: 0.1, weightDecay: 1e-4 }) },
    ],
  ],
  'few-values': [
    [
      'batches of 8',
      { batchSize: 8 },
      'note: each statistic of layer 1 comes from 8 values, so its variances have an error of 53.5 %',
    ],
    [
      'batches of 4',
      { batchSize: 4 },
      'warning: each statistic of layer 1 comes from 4 values, so its variances have an error of 81.6 %: use batches of 16, with as many epochs',
    ],
    [
      'ghost batches of 4, which larger batches leave as they are',
      { model: network({ norm: { virtualBatchSize: 4 } }) },
      'note: each statistic of layer 1 comes from 4 values, so its variances have an error of 81.6 %',
    ],
    [
      'a last batch of one example',
      { data: points(33), lastBatch: 'keep' },
      "alarm: the last batch of an epoch has 1 value per statistic of layer 1, which stops training: use lastBatch: 'drop'",
    ],
    ['a last batch that is dropped', { data: points(33) }],
    ['batches of 32', {}],
  ],
  accumulation: [
    [
      'two batches a step',
      { accumulate: 2 },
      "note: a step takes 64 examples but BN normalizes 32 at a time, which is not a batch of 64: accumulate with batchNorm: 'exact'",
    ],
    ['exact accumulation', { accumulate: { steps: 2, batchNorm: 'exact' } }],
    ['one batch a step', {}],
  ],
  'kept-first': [
    [
      'a momentum of 0.01 in 80 steps',
      { model: slow },
      'warning: after 80 batches, 44.8 % of the running statistics of BN 1 and 4 still comes from the initial mean 0 and variance 1: use { zeroDebias: true } in BN',
    ],
    ['the same, recalibrated', { model: slow, recalibrateBeforeEvaluation: true }],
    [
      'the same, in two parts a step: twice the batches, as few',
      { model: slow, accumulate: 2 },
      'warning: after 80 batches,',
    ],
    ['zeroDebias', { model: network({ norm: { momentum: 0.01, zeroDebias: true } }) }],
    ['a momentum of 0.1', {}],
  ],
  'averaged-weights': [
    [
      'an average with the statistics of other weights',
      { optimizer: sgd({ lr: to0, average: average('copy') }) },
      'warning: the ema average uses the running statistics of the weights in training, which are not those of the averaged weights: recalibrate them before evaluation',
    ],
    [
      'an average of statistics',
      { optimizer: sgd({ lr: to0, average: average('average') }) },
      'note: the ema average averages the running statistics, which are not those of the averaged weights',
    ],
    ['an average that is recalibrated', { optimizer: sgd({ lr: to0, average: average('recalibrate') }) }],
    ['no average', {}],
  ],
  'short-tail': [
    [
      'a constant rate',
      {},
      'note: the rate ends at 100 % of its peak, after 0 steps below 10 %, but the running statistics remember 30 steps; evenstep doctor RUN shows the effect',
    ],
    [
      'a decay in 80 steps',
      { optimizer: sgd({ lr: to0 }) },
      'note: the rate ends at 1.25 % of its peak, after 8 steps below 10 %, but the running statistics remember 30 steps; evenstep doctor RUN shows the effect',
    ],
    ['a decay in 400 steps', { optimizer: sgd({ lr: slowTo0 }), epochs: 25 }],
    ['recalibration', { recalibrateBeforeEvaluation: true }],
    ['schedule-free averages, which recalibrate', { optimizer: scheduleFreeSgd({ lr: 1 }) }],
    ['a network without BN', { model: () => new nn.Linear(16, 4) }],
  ],
  'stale-evaluation': [
    [
      'a plateau with a short decay, long enough for the statistics',
      { optimizer: sgd({ lr: schedule.lambda(0.1, 'step < 360 ? 1 : 0') }), epochs: 25 },
      'note: 88 % of the evaluations happen at half of the peak rate or more, with statistics that lag behind the weights; recalibrateBeforeEvaluation makes them comparable',
    ],
    ['a constant rate, of which short-tail tells', {}],
    ['a decay', { optimizer: sgd({ lr: slowTo0 }), epochs: 25 }],
  ],
  'stale-control': [
    [
      'a plateau controller on the validation loss',
      { control: [schedule.reduceOnPlateau()] },
      'note: reduceOnPlateau monitors validationLoss, which is measured with statistics that lag while the rate is high, so it reacts to that lag too; recalibrateBeforeEvaluation removes it',
    ],
    ['one on the training loss', { control: [schedule.reduceOnPlateau()], monitor: 'trainLoss' }],
    [
      'one on a recalibrated loss',
      { control: [schedule.reduceOnPlateau()], recalibrateBeforeEvaluation: true },
    ],
    ['none', {}],
  ],
  'batch-loss': [
    [
      'the root of a mean',
      { loss: (output, y) => ops.sqrt(ops.crossEntropy(output, y)) },
      'note: because of Sqrt, the loss is no mean over the examples of a batch, so it depends on the batch size, and accumulation and evaluation in batches differ from one large batch: take the mean last, or return ops.weightedLoss(total, weight)',
    ],
    ['a sum', { loss: (output, y) => ops.mul(ops.sum(each(output, y)), 0.1) }],
    [
      'a sum divided by the root of the batch size',
      { loss: (output, y) => ops.div(ops.sum(each(output, y)), Math.sqrt(output.shape[0]!)) },
      'note: because of Div, the loss',
    ],
    [
      'a weighted mean times the batch size',
      {
        loss: (output, y) => ops.mul(ops.crossEntropy(output, y, { weight: [1, 2, 1, 1] }), output.shape[0]!),
      },
      'note: because of Mul, the loss',
    ],
    [
      'a quotient that is not stated',
      { loss: (output, y) => ops.div(ops.sum(each(output, y)), ops.sum(masked(y))) },
      'note: because of Div, the loss',
    ],
    [
      'a loss that relates examples to each other',
      { loss: (output, y) => ops.add(ops.crossEntropy(output, y), spread(output)) },
      'note: because of Sub, the loss',
    ],
    ['a mean', {}],
    ['a mean of sums', { loss: (output, y) => ops.div(ops.sum(each(output, y)), output.shape[0]!) }],
    [
      'a mean with class weights, and a penalty of the weights',
      { loss: (output, y) => ops.add(ops.crossEntropy(output, y, { weight: [1, 2, 3, 4] }), 1) },
    ],
    ['a stated sum', { loss: (output, y) => ops.crossEntropy(output, y, { reduction: 'sum' }) }],
    [
      'a stated quotient',
      { loss: (output, y) => ops.weightedLoss(ops.sum(each(output, y)), ops.sum(masked(y))) },
    ],
  ],
  'double-softmax': [
    [
      'a softmax before cross-entropy',
      { model: list(linear(true), relu, head, new Softmax()) },
      'warning: the model ends in a softmax, and the loss applies another one, so no class can get more than 47.5 % and gradients are small: return the scores before the softmax',
    ],
    [
      'a softmax before a loss of probabilities',
      { model: list(linear(true), relu, head, new Softmax()), loss: (output) => ops.mean(output) },
    ],
    ['scores', { model: list(linear(true), relu, head) }],
  ],
  'schedule-length': [
    [
      'a decay in steps that ends early',
      { optimizer: sgd({ lr: to0 }), epochs: 25 },
      "warning: optimizer.lr ends at step 80 of 400, and then stays at 0: to span the run, write 'linear(0.05, startFactor: 1, endFactor: 0, totalIters: 100%)'",
    ],
    ['one that ends with the run', { optimizer: sgd({ lr: to0 }) }],
    ['one over percentages of the run', { optimizer: sgd({ lr: 'cosine 0.05 to 0.001 over 50%' }) }],
  ],
  'no-decay': [
    [
      'a constant rate',
      { optimizer: sgd({ lr: 0.05 }) },
      'note: the rate ends at 100 % of its peak; over ten fields and networks, the best decay lowered the test loss by 13 % on average with BN, and by 10 % without; evenstep advise compares schedules on this one',
    ],
    [
      'a decay to 60 %',
      { optimizer: sgd({ lr: 'linear 0.05 to 0.03 over 100%' }) },
      'note: the rate ends at 60',
    ],
    ['a decay to 0', { optimizer: sgd({ lr: to0 }) }],
    ['an optimizer for constant rates', { optimizer: scheduleFreeSgd({ lr: 1 }) }],
    ['an average of the weights', { optimizer: sgd({ lr: 0.05, average: average('recalibrate') }) }],
    [
      'reduce-on-plateau',
      { optimizer: sgd({ lr: 0.05 }), control: [schedule.reduceOnPlateau()], epochs: 100 },
    ],
  ],
  patience: [
    [
      'a patience of 2 % of the run',
      { control: [schedule.reduceOnPlateau({ patience: 2 })], epochs: 100 },
      'note: reduceOnPlateau waits for 2 of 100 measurements, 2 % of the run: 10 would be a tenth; where it was measured, a tenth did as well as a decay, and 4 and 20 % ended at losses 12 to 20 % higher',
    ],
    [
      'a patience of twice the run',
      { control: [schedule.reduceOnPlateau()], epochs: 5 },
      'note: reduceOnPlateau waits for 10 of 5 measurements, 200 % of the run: a decay over the run needs no measurements;',
    ],
    ['a patience of a tenth', { control: [schedule.reduceOnPlateau({ patience: 10 })], epochs: 100 }],
    ['another controller', { control: [schedule.earlyStopping({ patience: 1 })], epochs: 100 }],
  ],
}

test('every rule has a case where it fires and one where it does not', () => {
  expect(Object.keys(cases)).toEqual(lintRules.map(({ name }) => name))
  for (const [name, all] of Object.entries(cases)) {
    expect(
      all.some(([, , says]) => says !== undefined),
      name,
    ).toBe(true)
    expect(
      all.some(([, , says]) => says === undefined),
      name,
    ).toBe(true)
  }
})

describe.each(Object.keys(cases))('%s', (name) => {
  test.each(cases[name]!.map(([of, ...rest]) => [of, rest] as const))(
    'is told of %s',
    (_, [changes, says]) => {
      const found = lint(setup(changes)).filter(({ rule }) => rule === name)
      for (const one of found) expectToSayItsChange(one)
      const said = found.map(({ severity, advice }) => `${severity}: ${advice}`)
      if (says === undefined) expect(said).toEqual([])
      else {
        expect(said).toHaveLength(1)
        // A case that is like one before it is told by its beginning.
        expect(said[0]!.slice(0, says.length)).toBe(says)
      }
    },
  )
})

test('the gravest comes first, with its source', () => {
  const found = lint(
    setup({ data: points(33), lastBatch: 'keep', optimizer: adam({ lr: 1e-3, weightDecay: 0.1 }) }),
  )
  expect(found.map(({ severity }) => severity)).toEqual(['alarm', 'warning', 'note', 'note', 'note', 'note'])
  expect(found[0]!.source).toMatch(/^Wu & He 2018, https:/)
})

test('an experiment that does everything well is left in peace', () => {
  const good = setup({
    optimizer: sgd({ lr: slowTo0, momentum: 0.9, weightDecay: 5e-3, groups }),
    epochs: 25,
  })
  expect(lint(good)).toEqual([])
})
