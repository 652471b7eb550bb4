import { describe, expect, test } from 'vitest'
import { toyOf } from '../../../test/support/advice.ts'
import { adamw } from '../../optim/rules/adam.ts'
import { sgd } from '../../optim/rules/sgd.ts'
import * as schedule from '../../schedule/index.ts'
import { driftWeightDecay } from './weight-decay.ts'

describe('weight decay by the drift angle', () => {
  test('turns weights by 0.03 a step', () => {
    const decay = driftWeightDecay(toyOf({ optimizer: sgd({ lr: 1, momentum: 0.9 }) }), 0.1, 5000)!
    expect(decay).toBe(4.5e-4) // the classic 5e-4 of ResNets, for lr 0.1 and momentum 0.9
    expect(Math.sqrt((2 * 0.1 * decay) / (1 - 0.9))).toBeCloseTo(0.03, 6)
    expect(driftWeightDecay(toyOf({ optimizer: adamw({ lr: 1e-3 }) }), 0.001, 5000)).toBe(0.45)
  })

  test('is not asked of runs that are too short to feel it', () => {
    expect(driftWeightDecay(toyOf(), 0.1, 2222)).toBeUndefined()
    expect(driftWeightDecay(toyOf({ optimizer: adamw({ lr: 1e-3 }) }), 0.001, 4444)).toBeUndefined()
  })

  test('is not told of a momentum that changes', () => {
    const optimizer = sgd({ lr: 1, momentum: schedule.linear(0.9, { totalIters: 10 }) })
    expect(driftWeightDecay(toyOf({ optimizer }), 0.1, 5000)).toBeUndefined()
  })
})
