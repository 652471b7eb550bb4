import { describe, expect, test } from 'vitest'
import { exact, expectClose, listed, moments, noise, statistics } from '../../test/support/run-module.ts'
import { variables } from '../core/state.ts'
import type { Tensor } from '../core/tensor.ts'
import { constant } from '../core/tensor.ts'
import type { Variable } from '../core/variable.ts'
import { dataset } from '../data/dataset.ts'
import { type Loader, loader } from '../data/loader.ts'
import {
  BatchNorm1d,
  freeze,
  InstanceNorm1d,
  Linear,
  type Mode,
  type Module,
  Sequential,
} from '../nn/index.ts'
import { recalibrate, updateBn } from './recalibrate.ts'

const x = noise(14) // [examples 7, features 2], in batches of 3, 3 and 1 for each channel of [1, 2]
const batches = (batchSize: number, values = x, shape = [2]): Loader =>
  loader(dataset({ x: Float64Array.from(values), y: new Float64Array(7), shape }), { batchSize })
const channel = (c: number, from = 0, to = 7): number[] => x.filter((_, i) => i % 2 === c).slice(from, to)

describe('recalibrate', () => {
  test('finds the mean and variance of all values, however they are batched', async () => {
    const wanted = [moments(channel(0)), moments(channel(1))]
    for (const batchSize of [7, 5, 2, 3].filter((n) => 7 % n !== 1)) {
      const bn = exact(new BatchNorm1d(2))
      expect(await recalibrate(bn, batches(batchSize))).toBe(bn)
      const { mean, variance } = statistics(bn)
      expectClose(
        mean,
        wanted.map((m) => m.mean),
      )
      expectClose(
        variance,
        wanted.map((m) => m.variance),
      )
    }
  })

  test('looks at as many batches as it is told', async () => {
    const bn = exact(new BatchNorm1d(2))
    await recalibrate(bn, batches(3), { batches: 2 })
    expectClose(statistics(bn).mean, [moments(channel(0, 0, 6)).mean, moments(channel(1, 0, 6)).mean])
    expect(statistics(bn).count).toBe(2)
  })

  test('changes nothing but batch normalizations that learn', async () => {
    const frozen = freeze(exact(new BatchNorm1d(2)))
    const model = exact(new Sequential(new Linear(2, 2), frozen, new BatchNorm1d(2)))
    const before = new Map([...variables(model)].map(([name, v]) => [name, listed(v)]))
    await recalibrate(model, batches(7))
    const changed = [...variables(model)].filter(([name, v]) => `${listed(v)}` !== `${before.get(name)}`)
    expect(changed.map(([name]) => name)).toEqual([
      '2.running_mean',
      '2.running_var',
      '2.num_batches_tracked',
    ])
  })

  test('restores what other layers learnt on the way', async () => {
    const norm = exact(new InstanceNorm1d(2, { trackRunningStats: true }))
    await recalibrate(exact(new Sequential(norm, new BatchNorm1d(2))), batches(7, noise(28), [2, 2]))
    expect(listed(norm.runningMean)).toEqual([0, 0])
  })

  test('leaves padding out where the model does', async () => {
    class Masked implements Module {
      readonly bn = exact(new BatchNorm1d(2))
      forward(x: Tensor, mode: Mode): Tensor {
        return this.bn.forward(x, mode, constant([1, 1, 1, 0, 0, 0, 0], [7], 'bool'))
      }
    }
    const model = new Masked()
    await recalibrate(model, batches(7))
    expectClose(statistics(model.bn).mean, [moments(channel(0, 0, 3)).mean, moments(channel(1, 0, 3)).mean])
    expectClose(statistics(model.bn).variance, [
      moments(channel(0, 0, 3)).variance,
      moments(channel(1, 0, 3)).variance,
    ])
  })

  test('refuses what is not finite, and changes nothing', async () => {
    const model = exact(new Sequential(new BatchNorm1d(2)))
    await expect(recalibrate(model, batches(7, [Number.NaN, ...x.slice(1)]))).rejects.toThrow(
      'recalibrate: wanted finite statistics, got NaN or infinity in 0',
    )
    expect(statistics(model[0] as BatchNorm1d)).toEqual({ mean: [0, 0], variance: [1, 1], count: 0 })
  })

  test('does nothing for a model without batch normalization', async () => {
    const model = exact(new Linear(2, 2))
    const weights = (model.weight as Variable).data
    await recalibrate(model, batches(7))
    expect(model.weight.data).toBe(weights)
  })
})

test('updateBn averages each batch’s mean and unbiased variance, whatever its size', async () => {
  const bn = exact(new BatchNorm1d(2))
  await updateBn(bn, batches(5))
  const { mean, variance, count } = statistics(bn)
  for (const c of [0, 1]) {
    const [large, small] = [moments(channel(c, 0, 5), 1), moments(channel(c, 5), 1)]
    expect(mean[c]).toBeCloseTo((large.mean + small.mean) / 2, 12)
    expect(variance[c]).toBeCloseTo((large.variance + small.variance) / 2, 12)
  }
  expect(count).toBe(2)
})
