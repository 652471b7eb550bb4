import { expect, test } from 'vitest'
import { Variable } from '../../core/variable.ts'
import * as ops from '../../ops/index.ts'
import { compile } from '../../runtime/compile.ts'
import { type SgdOptions, sgd } from '../index.ts'

// The numbers of SGD itself are compared with PyTorch's in test/golden.

test('one rule may be attached to many models, each with its own state', () => {
  const rule = sgd({ lr: 0.1, momentum: 0.9 })
  const attach = () =>
    rule.attach(
      new Map([
        ['w', new Variable([2])],
        ['count', new Variable([], undefined, { trainable: false })],
      ]),
    )
  const [a, b] = [attach(), attach()]
  expect([...a.state.keys()]).toEqual(['momentum_buffer.w'])
  expect(a.state.get('momentum_buffer.w')).not.toBe(b.state.get('momentum_buffer.w'))
})

test('a schedule of any hyperparameter is read at the step', async () => {
  const w = new Variable([])
  w.initialize(0)
  const rule = sgd({ lr: (k) => 10 ** -k, momentum: (k) => k, weightDecay: () => 0 }).attach(
    new Map([['w', w]]),
  )
  const step = await compile({ g: { shape: [] } }, ({ g }) => {
    rule.minimize(ops.mul(w.value, g))
    return {}
  })
  await step({ g: Float32Array.of(1) }, 0) // v = 1, w = −1
  expect(w.data[0]).toBe(-1)
  await step({ g: Float32Array.of(1) }, 1) // v = 1·1 + 1 = 2, w = −1 − 0.1·2
  expect(w.data[0]).toBeCloseTo(-1.2, 6)
})

test('sgd refuses what cannot work', () => {
  const make = (options: Partial<SgdOptions>) => () => sgd({ lr: 0.1, ...options })
  expect(make({ lr: Number.NaN })).toThrow('sgd: wanted lr as a number ≥ 0 or a schedule, got NaN')
  expect(make({ lr: -1 })).toThrow('sgd: wanted lr as a number ≥ 0 or a schedule, got -1')
  expect(make({ momentum: -0.1 })).toThrow('sgd: wanted momentum as a number ≥ 0 or a schedule, got -0.1')
  expect(make({ weightDecay: Number.POSITIVE_INFINITY })).toThrow(
    'sgd: wanted weightDecay as a number ≥ 0 or a schedule, got Infinity',
  )
  expect(make({ nesterov: true })).toThrow(
    'sgd: wanted momentum above 0 and no dampening with nesterov, got momentum 0 and dampening 0',
  )
  expect(make({ dampening: Number.NaN })).toThrow('sgd: wanted dampening as a finite number, got NaN')
})
