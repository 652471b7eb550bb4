/** Schedules that end long before the run, or long after it. */
import { describe, expect, test } from 'vitest'
import * as nn from '../../src/nn/index.ts'
import { sgd } from '../../src/optim/index.ts'
import * as schedule from '../../src/schedule/index.ts'
import * as train from '../../src/train/index.ts'
import { collect, toy } from '../support/toy.ts'

describe('a schedule in steps that does not fit the run', () => {
  const warnings = (lr: unknown, changes: Parameters<typeof toy>[0] = {}) =>
    train.scheduleWarnings(toy({ epochs: 10, optimizer: sgd({ lr: lr as never }), ...changes }))

  test.each([
    [
      'cosine 0.1 to 0 over 30',
      "optimizer.lr ends at step 30 of 120, and then stays at 0: to span the run, write 'cosine 0.1 to 0'",
    ],
    [
      'cosine 0.1 to 0.01 over 10',
      "optimizer.lr ends at step 10 of 120, and then stays at 0.01: lengths are in steps, not epochs; to span the run, write 'cosine 0.1 to 0.01'",
    ],
    [
      'cosine 0.1 to 0 over 500',
      "optimizer.lr is planned for 500 steps, but the run ends at step 120, at 0.08666: to span the run, write 'cosine 0.1 to 0'",
    ],
    [
      'warmup 5 + cosine 0.1 to 0 over 95',
      "optimizer.lr ends at step 100 of 120, and then stays at 0: to span the run, write 'warmup 5% + cosine 0.1 to 0 over 95%'",
    ],
    [
      'oneCycle 0.1 over 60',
      "optimizer.lr ends at step 60 of 120, and then stays at 4e-7: to span the run, write 'oneCycle 0.1'",
    ],
    [
      'cosineAnnealing(0.1, tMax: 60, after: throw)',
      "optimizer.lr ends at step 60 of 120, and then has no value: to span the run, write 'cosineAnnealing(0.1, tMax: 100%, after: throw)'",
    ],
    [
      'multiStep(0.1, milestones: [30, 600])',
      "optimizer.lr is planned for 600 steps, but the run ends at step 120, at 0.01: give its lengths as percentages of the run, such as '100%'",
    ],
    [
      'warmup 500 + 0.1',
      "optimizer.lr is planned for 500 steps, but the run ends at step 120, at 0.02395: to span the run, write 'warmup 5% + 0.1'",
    ],
    [
      'warmup 5% + cosine 0.1 to 0 over 20',
      "optimizer.lr ends at step 26 of 120, and then stays at 0: to span the run, write 'warmup 23.08% + cosine 0.1 to 0 over 76.92%'",
    ],
    [
      'warmup 5% + cosine 0.1 to 0 over 100%',
      "optimizer.lr is planned for 126 steps, but the run ends at step 120, at 8.37e-4: to span the run, write 'warmup 4.762% + cosine 0.1 to 0 over 95.24%'",
    ],
    [
      'perEpoch(cosine 0.1 to 0 over 5, stepsPerEpoch: 12)',
      "optimizer.lr ends at step 60 of 120, and then stays at 0: give its lengths as percentages of the run, such as '100%'",
    ],
  ])('%s', (text, warning) => {
    expect(warnings(text)).toEqual([warning])
  })

  test.each([
    'cosine 0.1 to 0 over 120',
    'cosine 0.1 to 0 over 118',
    'oneCycle 0.1 over 122',
    'warmup 10 + 0.1',
    '0.1 for 60 then 0.01',
    'exponential 0.1 times 0.9',
    'step 0.1 every 10',
    'multiStep(0.1, milestones: [60, 90])',
    'multiStep(0.1, milestones: [5%, 10%])',
    '0.01 for 10 then 0.1',
    'cosineAnnealingWarmRestarts(0.1, t0: 10)',
    'cyclic(0, maxLr: 0.1, stepSizeUp: 10)',
    'inverseSqrt(0.1)',
    'linear 0.01 to 0.1 over 10',
    'cosine 0.1 to 0.01 over 50%',
    'warmup 5% + cosine 0.1 to 0',
    'cosineAnnealing(0.1, tMax: 10, after: repeat)',
    'cosineAnnealing(0.1, tMax: 10, after: extrapolate)',
    'swa(0.1, swaLr: 0.05)',
    'perEpoch(cosine 0.1 to 0 over 10, stepsPerEpoch: 12)',
  ])('%s is fine', (text) => {
    expect(warnings(text)).toEqual([])
  })

  test('is named by its path, once', async () => {
    const fall = schedule.cosineAnnealing(0.5, { tMax: 24 })
    const optimizer = sgd({
      lr: 0.1,
      momentum: fall,
      groups: [
        { match: 'fc1', lr: fall },
        { match: 'fc2', lr: 'cosine 1 to 0 over 50' },
      ],
    })
    expect(warnings(0, { optimizer }).map((text) => text.split(' ')[0])).toEqual(
      ['optimizer.groups.1.lr', 'optimizer.momentum'].sort(),
    )
    const [start] = await collect(train.run(toy({ epochs: 10, optimizer })))
    expect(start).toMatchObject({ type: 'start', warnings: warnings(0, { optimizer }) })
  })
})

describe('a schedule that settles early in a run of 60 steps', () => {
  const warnings = (options: object, changes: Parameters<typeof toy>[0] = {}) =>
    train.scheduleWarnings(toy({ epochs: 5, optimizer: sgd({ lr: 0.1, ...options }), ...changes }))
  const early = (end: number, value: string, unit = '') =>
    `optimizer.lr ends at step ${end} of 60, and then stays at ${value}: ${unit}give its lengths as percentages of the run, such as '50%'`
  const spanning = "give its lengths as percentages of the run, such as '100%'"
  const inSteps = 'lengths are in steps, not epochs; '
  const cosine = schedule.cosineAnnealing(0.1, { tMax: 10 })

  test.each([
    [schedule.piecewiseConstant([0.1, 0.01, 0], { milestones: [3, 6] }), early(6, '0')],
    [schedule.piecewiseConstant([0.1, 0.01], { milestones: [4] }), early(4, '0.01', inSteps)],
    [schedule.multiStep(0.1, { milestones: [3, 6] }), early(6, '0.001')],
    [schedule.parse('0.1 for 3 then 0.05 for 3 then 0.01'), early(6, '0.01')],
    [schedule.clamped(schedule.parse('exponential 0.1 times 0.1'), { min: 0.01 }), early(2, '0.01', inSteps)],
    [schedule.multiStep(0.1, { milestones: [20], gamma: 0 }), early(20, '0')],
    [
      schedule.chained([cosine, schedule.constant(1)]),
      "optimizer.lr ends at step 10 of 60, and then stays at 0: to span the run, write 'chained([cosine 0.1 to 0 over 100%, 1])'",
    ],
    [
      'cosine 0.1 to 0 over 40%',
      "optimizer.lr ends at step 24 of 60, and then stays at 0: give its lengths as percentages of the run, such as '50%'",
    ],
  ])('%# is told: a learning rate', (lr, warning) => {
    expect(warnings({ lr })).toEqual([warning])
  })

  test('is told: a function that is 0 for most of the run', () => {
    expect(warnings({ lr: (step: number) => (step < 10 ? 0.1 : 0) })).toEqual([
      'optimizer.lr ends at step 10 of 60, and then stays at 0: its argument is the step, not the epoch',
    ])
    expect(warnings({ lr: (step: number) => (step < 10 ? 0.1 : 0.01) })).toEqual([])
    expect(warnings({ lr: () => 0 })).toEqual([])
  })

  test('is told: momentum that dips and comes back', () => {
    const momentum = schedule.oneCycleMomentum(0.85, { totalSteps: 20 })
    expect(warnings({ momentum })).toEqual([
      `optimizer.momentum ends at step 20 of 60, and then stays at 0.95: to span the run, write 'oneCycleMomentum(0.85, totalSteps: 100%)'`,
    ])
    expect(warnings({ momentum: 'linear 0.5 to 0.9 over 10' })).toEqual([])
  })

  test('is told: in layers', () => {
    const bn = new nn.BatchNorm1d(3, { momentum: cosine })
    const model = () => new nn.Sequential(new nn.Linear(2, 3), bn, new nn.Dropout(cosine))
    const said = (name: string) =>
      `${name} ends at step 10 of 60, and then stays at 0: to span the run, write 'cosine 0.1 to 0'`
    expect(warnings({}, { model })).toEqual([said('1.momentum')])
    const other = () => new nn.Sequential(new nn.Linear(2, 3), new nn.Dropout(cosine))
    expect(warnings({}, { model: other })).toEqual([said('1.p')])
  })

  test.each([
    [schedule.cosineAnnealingWarmRestarts(0.1, { t0: 600 }), '600 steps', '0.09763'],
    [schedule.cyclic(0.01, { maxLr: 0.1 }), '4,000 steps', '0.01266'],
    [schedule.parse('step 0.1 every 600'), '600 steps', '0.1'],
    [schedule.periodic(schedule.parse('rex 0.1 over 10'), { period: 600 }), '600 steps', '0'],
  ])('%# is told: a first cycle that is longer than the run', (lr, length, value) => {
    expect(warnings({ lr })).toEqual([
      `optimizer.lr is planned for ${length}, but the run ends at step 60, at ${value}: ${spanning}`,
    ])
  })

  test('is mended by a warmup of 5 %, if the warmup alone is longer than the run', () => {
    expect(warnings({ lr: 'warmup 200 + cosine 0.1 to 0' })).toEqual([
      "optimizer.lr is planned for 201 steps, but the run ends at step 60, at 0.02985: to span the run, write 'warmup 5% + cosine 0.1 to 0'",
    ])
  })
})
