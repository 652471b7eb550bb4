/** What an experiment watches: monitors, controllers and the end that they bring about. */
import { describe, expect, test } from 'vitest'
import { dataset } from '../../src/data/dataset.ts'
import * as ops from '../../src/ops/index.ts'
import * as schedule from '../../src/schedule/index.ts'
import { experiment } from '../../src/train/experiment.ts'
import * as metrics from '../../src/train/metrics/index.ts'
import { override } from '../../src/train/spec.ts'
import { run } from '../../src/train/train.ts'
import { collect, toy } from '../support/toy.ts'

const make = (changes: object) => () => experiment({ ...toy(), ...changes } as never)
const { earlyStopping, reduceOnPlateau, greedy } = schedule

const numbers = dataset({
  x: Float32Array.from({ length: 32 }, (_, i) => i / 16),
  y: Float32Array.from({ length: 32 }, (_, i) => i / 32),
  shape: [2],
  targetShape: [2],
} as never)

describe('a monitor that is not measured is refused before the first step', () => {
  test('a name of nothing, with the nearest name', () => {
    expect(make({ monitor: 'validationLos' })).toThrow(
      'experiment: wanted monitor as one of trainLoss, validationLoss, validationAccuracy, got validationLos; ' +
        'did you mean validationLoss?',
    )
    expect(make({ monitor: 'F1', metrics: { f1: metrics.f1() } })).toThrow('got F1; did you mean f1?')
    expect(() => override(toy(), ['monitor=accuracy'])).toThrow('got accuracy')
  })

  test('a metric that is not one number', () => {
    expect(make({ monitor: 'table', metrics: { table: metrics.confusionMatrix() } })).toThrow(
      'experiment: wanted monitor as one of trainLoss, validationLoss, validationAccuracy, got "table"; ' +
        'table is not one number',
    )
  })

  test('a metric of the user that states no goal', () => {
    const mine = { ...metrics.accuracy(), goal: undefined }
    const refused =
      'experiment: wanted monitor as one of trainLoss, validationLoss, validationAccuracy, got "mine"; '
    expect(make({ monitor: 'mine', metrics: { mine } })).toThrow(`${refused}give mine a goal, 'max' or 'min'`)
    const result = () => {
      throw new Error('no examples')
    }
    expect(make({ monitor: 'mine', metrics: { mine: { ...mine, result } } })).toThrow(
      `${refused}give mine a goal, 'max' or 'min', if its result is one number`,
    )
    expect(make({ monitor: 'mine', metrics: { mine: { ...mine, goal: 'max' } } })).not.toThrow()
  })

  test('an accuracy of numbers', () => {
    const regression = { data: { train: numbers, validation: numbers }, loss: ops.mseLoss }
    expect(make({ ...regression, monitor: 'validationAccuracy' })).toThrow(
      'experiment: wanted monitor as one of trainLoss, validationLoss, got "validationAccuracy"; ' +
        'no accuracy is measured where the data do not state their classes',
    )
    expect(make({ ...regression, monitor: 'validationLoss' })).not.toThrow()
  })
})

describe('a controller looks where the monitor does', () => {
  const specs = (changes: object) => make(changes)().control.map(({ spec }) => spec.mode)
  const all = [earlyStopping(), reduceOnPlateau(), greedy()]

  test('its mode is the goal of the monitor', () => {
    expect(specs({ control: all })).toEqual(['min', 'min', 'min'])
    expect(specs({ control: all, monitor: 'validationAccuracy' })).toEqual(['max', 'max', 'max'])
    const f1 = { metrics: { f1: metrics.f1() }, monitor: 'f1' }
    expect(specs({ control: all, ...f1 })).toEqual(['max', 'max', 'max'])
    const calibration = { metrics: { ece: metrics.calibrationError() }, monitor: 'ece' }
    expect(specs({ control: all, ...calibration })).toEqual(['min', 'min', 'min'])
    const kappa = { metrics: { kappa: metrics.cohenKappa() }, monitor: 'kappa' }
    expect(specs({ control: all, ...kappa })).toEqual(['max', 'max', 'max'])
  })

  test('and follows a changed monitor', () => {
    const before = make({ control: all, monitor: 'validationAccuracy' })()
    expect(override(before, ['monitor=trainLoss']).control.map(({ spec }) => spec.mode)).toEqual([
      'min',
      'min',
      'min',
    ])
  })

  test.each([
    ['earlyStopping', 'max', 'validationLoss', 'lower', "'min'"],
    ['reduceOnPlateau', 'min', 'validationAccuracy', 'higher', "'max'"],
    ['greedy', 'max', 'trainLoss', 'lower', "'min'"],
  ] as const)('%s in mode %s contradicts %s', (type, mode, monitor, better, wanted) => {
    const of = { earlyStopping, reduceOnPlateau, greedy }[type]
    expect(make({ control: [of({ mode })], monitor })).toThrow(
      `schedule.${type}: wanted mode as ${wanted} to follow ${monitor}, got "${mode}"; ` +
        `${monitor} is better if ${better}, so leave mode out`,
    )
    const other = mode === 'max' ? 'min' : 'max'
    expect(specs({ control: [of({ mode: other })], monitor })).toEqual([other])
  })

  test('accuracy that rises stops nothing', async () => {
    const setup = toy({ epochs: 6, monitor: 'validationAccuracy', control: [earlyStopping({ patience: 5 })] })
    const events = await collect(run(setup))
    expect(events.at(-1)).toMatchObject({ reason: 'epochs', because: 'all 6 epochs are done' })
  })

  test('one of its own needs no mode', () => {
    const own = { spec: { type: 'own' }, initial: 0, update: () => 0, factor: () => 1, stop: () => false }
    expect(make({ control: [own], monitor: 'validationAccuracy' })().control[0]).toBe(own)
  })
})

describe('the end says why', () => {
  const last = async (changes: object) => (await collect(run(make(changes)()))).at(-1)

  test('all epochs or steps', async () => {
    expect(await last({ epochs: 1 })).toMatchObject({ reason: 'epochs', because: 'the one epoch is done' })
    expect(await last({ epochs: undefined, steps: 13 })).toMatchObject({
      reason: 'steps',
      because: 'all 13 steps are done',
    })
  })

  test('a controller, with what it saw', async () => {
    const control = [reduceOnPlateau(), earlyStopping({ patience: 2, threshold: 100 })]
    const event = await last({ epochs: 9, control })
    expect(event).toMatchObject({
      reason: 'control',
      because: expect.stringMatching(
        /^stopped early by earlyStopping: validationLoss did not improve in 2 evaluations after number 1, where it was [\d.]+$/,
      ),
    })
  })

  test('a controller of its own', async () => {
    const own = {
      spec: { type: 'own' },
      initial: 0,
      update: () => 1,
      factor: () => 1,
      stop: (n: number) => n > 0,
    }
    expect(await last({ control: [own] })).toMatchObject({
      because: 'stopped early by own: validationLoss made it stop',
    })
  })
})
