import { expect, test } from 'vitest'
import { exact, noise, normalized, statistics } from '../../../test/support/run-module.ts'
import { Linear } from '../linear.ts'
import { modules } from '../modules.ts'
import { Residual } from '../residual.ts'
import { Sequential } from '../sequential.ts'
import { BatchNorm1d } from './batch-norm.ts'
import { freeze, resetRunningStatistics, unfreeze } from './freeze.ts'

const build = (): { bn: BatchNorm1d; model: Sequential } => {
  const bn = exact(new BatchNorm1d(2))
  return { bn, model: new Sequential(new Linear(2, 2), new Residual(bn)) }
}

test('a frozen layer trains on its running statistics and keeps them', async () => {
  const { bn, model } = build()
  await normalized(bn, [4, 2], noise(8))
  const before = statistics(bn)
  expect(freeze(model)).toBe(model)
  const y = await normalized(bn, [4, 2], noise(8, 2))
  expect(y).toEqual(await normalized(bn, [4, 2], noise(8, 2), { mode: 'eval' }))
  expect(statistics(bn)).toEqual(before)
  unfreeze(model)
  await normalized(bn, [4, 2], noise(8, 2))
  expect(statistics(bn).count).toBe(2)
})

test('statistics start over', async () => {
  const { bn, model } = build()
  await normalized(bn, [4, 2], noise(8))
  expect(resetRunningStatistics(model)).toBe(model)
  expect(statistics(bn)).toEqual({ mean: [0, 0], variance: [1, 1], count: 0 })
})

test('what keeps no statistics is left alone', () => {
  expect(() => resetRunningStatistics(freeze(new BatchNorm1d(2, { trackRunningStats: false })))).not.toThrow()
})

test('modules are listed by their path, each once', () => {
  const shared = new Linear(2, 2)
  const names = [...modules(new Sequential(shared, new Residual(shared))).keys()]
  expect(names).toEqual(['', '0', '1', '1.shortcut'])
})
