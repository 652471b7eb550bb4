import { expect, test } from 'vitest'
import { parse } from '../schedule/index.ts'
import { hyperparametersIn } from './hyperparameters.ts'
import { EquilibriumCurve, layersIn } from './layer-views.ts'

/** Returns the spec of a schedule as run.json has it. */
const specOf = (text: string): unknown => JSON.parse(JSON.stringify(parse(text).spec))

const lrs = Float64Array.from({ length: 100 }, (_, i) => 0.1 * (1 - i / 100))
const logs = {
  'bn.batchMean': lrs.map(() => 1),
  'bn.batchVar': lrs.map(() => 4),
  'bn.runningMean': lrs.map((_, i) => i),
  'bn.runningVar': lrs.map(() => 6),
  'bn.angle': lrs.map(() => 0.01),
}
const steps = { losses: lrs, lrs, logs }

test('drift is in standard deviations of the batch, and variances are a ratio', () => {
  const [layer] = layersIn(steps, [0, 100], 200, undefined)
  expect(layer!.path).toBe('bn')
  expect(layer!.meanDrift!.y[7]).toBe((7 - 1) / 2)
  expect(layer!.varianceDrift!.y[7]).toBe(1.5)
  expect(layer!.effectiveRate).toBe(undefined)
})

test('the equilibrium is √(2ηλ/(1 + μ)) of SGD, at the rate of each step', () => {
  const optimizer = {
    type: 'sgd',
    lr: specOf('linear 0.1 to 0 over 100'),
    momentum: 0.9,
    weightDecay: 0.02,
  }
  const description = { optimizer, model: { 'fc.weight': [3, 4], 'bn.weight': [3] } }
  const curve = new EquilibriumCurve().of(description, steps)!
  expect(curve.x).toHaveLength(100)
  curve.y.forEach((angle, i) => {
    expect(angle).toBeCloseTo(Math.sqrt((2 * lrs[i]! * 0.02) / 1.9), 5)
  })
  expect(new EquilibriumCurve().of({ ...description, optimizer: { type: 'sgd', lr: 0.1 } }, steps)).toBe(
    undefined,
  )
  expect(new EquilibriumCurve().of({ ...description, optimizer: { type: 'mine' } }, steps)).toBe(undefined)
})

test('hyperparameters are the rate as it was logged, and all others that have a schedule, by their path', () => {
  const momentum = specOf('linear 0.8 to 0.9 over 100')
  const optimizer = { type: 'clip', optimizer: { type: 'sgd', lr: 0.1, momentum, weightDecay: 0.1 } }
  const found = hyperparametersIn(optimizer, steps, [0, 100], 200)
  expect(found.map(({ name }) => name)).toEqual(['lr', 'optimizer.momentum'])
  expect(found[0]!.y.slice(0, 2)).toEqual([0.1, 0.099])
  expect(found[1]!.y[50]).toBeCloseTo(0.85, 6)
})
