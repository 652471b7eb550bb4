import { describe, expect, test } from 'vitest'
import {
  exact,
  expectClose,
  moments,
  noise,
  normalized,
  statistics,
} from '../../../test/support/run-module.ts'
import { ShapeError } from '../../core/errors.ts'
import { variables } from '../../core/state.ts'
import { constant, input } from '../../core/tensor.ts'
import { trace } from '../../core/variable.ts'
import { BatchNorm1d, BatchNorm2d, BatchNorm3d, type BatchNormOptions } from './batch-norm.ts'

const message = (f: () => unknown): string => {
  try {
    f()
  } catch (error) {
    return (error as Error).message
  }
  return 'nothing was thrown'
}

describe('the published example', () => {
  // [batch 2, channels 2, length 2].
  const x = [1, 2, 3, 4, 5, 6, 7, 9]

  test('normalises by the biased variance and keeps the unbiased one', async () => {
    const bn = exact(new BatchNorm1d(2))
    const y = await normalized(bn, [2, 2, 2], x)
    const wanted = [-1.2126766, -0.727606, -1.1531124, -0.7337989, 0.7276061, 1.2126768, 0.5241419, 1.362769]
    expectClose(y, wanted, 6)
    const { mean, variance } = statistics(bn)
    expect(mean.map((m) => +m.toFixed(8))).toEqual([0.35, 0.575])
    expect(variance.map((v) => +v.toFixed(7))).toEqual([1.4666667, 1.6583333])
  })

  test('a momentum of null averages all batches', async () => {
    const bn = exact(new BatchNorm1d(2, { momentum: null }))
    for (const k of [1, 2, 3])
      await normalized(
        bn,
        [2, 2, 2],
        x.map((a) => k * a),
      )
    const { mean, variance, count } = statistics(bn)
    expect(mean.map((m) => +m.toFixed(10))).toEqual([7, 11.5])
    expect(variance.map((v) => +v.toFixed(6))).toEqual([26.444444, 35.388889])
    expect(count).toBe(3)
  })
})

describe('momentum', () => {
  const x = noise(8)
  const { mean } = moments(x)

  test('a schedule is asked for each step', async () => {
    const bn = exact(new BatchNorm1d(1, { momentum: (step) => 1 / (step + 2) }))
    await normalized(bn, [8, 1], x, { step: 2 })
    expect(statistics(bn).mean[0]).toBeCloseTo(mean / 4, 12)
  })

  test('of 0 counts batches and learns nothing', async () => {
    const bn = exact(new BatchNorm1d(1, { momentum: 0 }))
    await normalized(bn, [8, 1], x)
    expect(statistics(bn)).toEqual({ mean: [0], variance: [1], count: 1 })
  })

  test.each([0.1, 0.001])(
    '%d with zeroDebias is an average from 0, divided by what it weighs',
    async (momentum) => {
      const bn = exact(new BatchNorm1d(1, { momentum, zeroDebias: true }))
      let average = 0
      for (const [t, k] of [1, 5, 2].entries()) {
        await normalized(
          bn,
          [8, 1],
          x.map((a) => k * a),
        )
        average = (1 - momentum) * average + momentum * k * mean
        expect(statistics(bn).mean[0]).toBeCloseTo(average / (1 - (1 - momentum) ** (t + 1)), 10)
      }
    },
  )

  test('counts a small last batch by its examples', async () => {
    const bn = exact(new BatchNorm1d(1, { momentum: 0.4, fullBatchSize: 16 }))
    await normalized(bn, [8, 1], x)
    expect(statistics(bn).mean[0]).toBeCloseTo(0.2 * mean, 12)
    const full = exact(new BatchNorm1d(1, { momentum: 0.4, fullBatchSize: 4 }))
    await normalized(full, [8, 1], x)
    expect(statistics(full).mean[0]).toBeCloseTo(0.4 * mean, 12)
  })
})

describe('a batch that is not finite', () => {
  const bad = [1, Number.POSITIVE_INFINITY, 3, 4, 5, 6]
  const good = [1, 2, 3, 4, 5, 6]

  test('is allowed in, as in PyTorch', async () => {
    const bn = exact(new BatchNorm1d(2))
    await normalized(bn, [3, 2], bad)
    const { mean, variance } = statistics(bn)
    expect([mean[1], variance[1]]).toEqual([Number.POSITIVE_INFINITY, Number.NaN])
  })

  test('is skipped by every channel, and not counted', async () => {
    const bn = exact(new BatchNorm1d(2, { nonFinite: 'skip' }))
    await normalized(bn, [3, 2], bad)
    expect(statistics(bn)).toEqual({ mean: [0, 0], variance: [1, 1], count: 0 })
    await normalized(bn, [3, 2], good)
    const plain = exact(new BatchNorm1d(2))
    await normalized(plain, [3, 2], good)
    expect(statistics(bn)).toEqual(statistics(plain))
  })

  test('can fail the run, which changes nothing', async () => {
    const bn = exact(new BatchNorm1d(2, { nonFinite: 'throw' }))
    await expect(normalized(bn, [3, 2], bad)).rejects.toThrow(
      'running_mean: wanted finite numbers after the run, got NaN or infinity; nothing was changed',
    )
    expect(statistics(bn)).toEqual({ mean: [0, 0], variance: [1, 1], count: 0 })
  })
})

describe('a mask', () => {
  // [batch 2, channels 1, length 3]; the padding is NaN, so that nobody may read it.
  const x = [1, 2, 4, 8, Number.NaN, Number.NaN]
  const mask = [1, 1, 1, 1, 0, 0]

  test('leaves padding out of the statistics', async () => {
    const bn = exact(new BatchNorm1d(1, { momentum: 1 }))
    const y = await normalized(bn, [2, 1, 3], x, { mask })
    const real = exact(new BatchNorm1d(1, { momentum: 1 }))
    expect(y.slice(0, 4)).toEqual(await normalized(real, [4, 1], x.slice(0, 4)))
    expect(statistics(bn)).toEqual(statistics(real))
  })

  test('of ones changes nothing', async () => {
    const values = noise(12)
    const [masked, plain] = [exact(new BatchNorm1d(2)), exact(new BatchNorm1d(2))]
    const y = await normalized(masked, [2, 2, 3], values, { mask: [1, 1, 1, 1, 1, 1] })
    const wanted = await normalized(plain, [2, 2, 3], values)
    expectClose(y, wanted)
    expectClose(statistics(masked).variance, statistics(plain).variance)
  })

  test.each([
    ['none', [0, 0, 0, 0, 0, 0]],
    ['one', [0, 1, 0, 0, 0, 0]],
  ])('that keeps %s of the values teaches nothing', async (_, mask) => {
    const bn = exact(new BatchNorm1d(1, { momentum: null }))
    await normalized(bn, [2, 1, 3], x, { mask })
    expect(statistics(bn)).toEqual({ mean: [0], variance: [1], count: 0 })
  })

  test('is ignored in evaluation', async () => {
    const bn = exact(new BatchNorm1d(1))
    const y = await normalized(bn, [2, 1, 3], noise(6), { mask, mode: 'eval' })
    expect(y).toEqual(await normalized(bn, [2, 1, 3], noise(6), { mode: 'eval' }))
  })
})

describe('virtual batches', () => {
  const x = noise(12) // [batch 6, channels 2]

  test('are normalised as if each were a batch', async () => {
    const y = await normalized(exact(new BatchNorm1d(2, { virtualBatchSize: 3 })), [6, 2], x)
    const halves = [x.slice(0, 6), x.slice(6)]
    const apart = await Promise.all(halves.map((half) => normalized(exact(new BatchNorm1d(2)), [3, 2], half)))
    expectClose(y, apart.flat())
  })

  test('teach their average, with the momentum of one batch', async () => {
    const bn = exact(new BatchNorm1d(2, { virtualBatchSize: 3, momentum: 0.5 }))
    await normalized(bn, [6, 2], x)
    const channel = (from: number, c: number): number[] => [0, 1, 2].map((i) => x[2 * (from + i) + c]!)
    const { mean, variance, count } = statistics(bn)
    for (const c of [0, 1]) {
      const [a, b] = [moments(channel(0, c), 1), moments(channel(3, c), 1)]
      expect(mean[c]).toBeCloseTo((a.mean + b.mean) / 4, 12)
      expect(variance[c]).toBeCloseTo(0.5 + (a.variance + b.variance) / 4, 12)
    }
    expect(count).toBe(1)
  })

  test('as large as the batch are the batch', async () => {
    const y = await normalized(exact(new BatchNorm1d(2, { virtualBatchSize: 8 })), [6, 2], x)
    const wanted = await normalized(exact(new BatchNorm1d(2)), [6, 2], x)
    expectClose(y, wanted)
  })
})

describe('mistakes are told at once', () => {
  const make = (options: BatchNormOptions, n = 4): string => message(() => new BatchNorm1d(n, options))

  test.each([
    [make({}, 0), 'BatchNorm1d: wanted numFeatures as a positive integer, got 0'],
    [make({ eps: 0 }), 'BatchNorm1d: wanted eps as a number > 0, got 0'],
    [
      make({ momentum: 1.5 }),
      'BatchNorm1d: wanted momentum as a number from 0 to 1, null or a schedule, got 1.5',
    ],
    [
      make({ zeroDebias: true, momentum: null }),
      'BatchNorm1d: wanted momentum between 0 and 1 with zeroDebias, got null',
    ],
    [
      make({ zeroDebias: true, momentum: () => 0.1 }),
      'BatchNorm1d: wanted momentum between 0 and 1 with zeroDebias, got a function',
    ],
    [make({ fullBatchSize: 2.5 }), 'BatchNorm1d: wanted fullBatchSize as a positive integer, got 2.5'],
    [
      make({ fullBatchSize: 64, momentum: null }),
      'BatchNorm1d: wanted momentum as a number or a schedule with fullBatchSize, got null; use train.recalibrate for a weighted average',
    ],
    [make({ virtualBatchSize: 0 }), 'BatchNorm1d: wanted virtualBatchSize as a positive integer, got 0'],
    [
      make({ virtualBatchSize: 2, renorm: {} }),
      'BatchNorm1d: wanted virtualBatchSize or renorm, got both; leave one of them out',
    ],
    [
      make({ trackRunningStats: false, renorm: {} }),
      'BatchNorm1d: wanted running statistics with renorm, got trackRunningStats: false',
    ],
    [
      make({ renorm: { rMax: 0.5 } }),
      'BatchNorm1d: renorm: wanted rMax as a number from 1 to Infinity or a schedule, got 0.5',
    ],
    [
      make({ renorm: { dMax: -1 } }),
      'BatchNorm1d: renorm: wanted dMax as a number from 0 to Infinity or a schedule, got -1',
    ],
  ])('%s', (got, wanted) => expect(got).toBe(wanted))

  const forward = (bn: BatchNorm1d, shape: number[], mask?: number[]): string => {
    variables({ layers: [bn] })
    const kept = mask && constant(mask, [mask.length], 'bool')
    return message(() => trace(() => bn.forward(input(shape), 'train', kept)))
  }

  test.each([
    [
      forward(new BatchNorm1d(4), [2, 3]),
      'layers.0 (BatchNorm1d): wanted [batch, 4] or [batch, 4, length], got [2, 3]',
    ],
    [
      forward(new BatchNorm2d(4), [2, 4]),
      'layers.0 (BatchNorm2d): wanted [batch, 4, height, width], got [2, 4]',
    ],
    [
      forward(new BatchNorm3d(4), [2, 4, 1, 1]),
      'layers.0 (BatchNorm3d): wanted [batch, 4, depth, height, width], got [2, 4, 1, 1]',
    ],
    [
      forward(new BatchNorm1d(4), [1, 4]),
      'layers.0 (BatchNorm1d): wanted 2 or more values per channel to train on, got [1, 4]; use a larger batch',
    ],
    [
      forward(new BatchNorm1d(4), [0, 4]),
      'layers.0 (BatchNorm1d): wanted 2 or more values per channel to train on, got [0, 4]; use a larger batch',
    ],
    [
      forward(new BatchNorm1d(4, { virtualBatchSize: 1 }), [8, 4]),
      'layers.0 (BatchNorm1d): wanted 2 or more values per channel to train on, got [8, 4]; use a larger batch',
    ],
    [
      forward(new BatchNorm1d(4, { virtualBatchSize: 4 }), [6, 4]),
      'layers.0 (BatchNorm1d): ghostBatchNorm: wanted a batch that is a multiple of 4, got [6, 4]; drop what is left over',
    ],
    [
      forward(new BatchNorm1d(4, { virtualBatchSize: 4 }), [8, 4], [1, 1, 1, 1, 1, 1, 1, 0]),
      'layers.0 (BatchNorm1d): wanted no mask with virtualBatchSize, got one; leave one of them out',
    ],
    [
      forward(new BatchNorm1d(4), [3, 4], [1, 1]),
      'layers.0 (BatchNorm1d): maskedBatchNorm: wanted a mask of bool [3] for [3, 4], got bool [2]',
    ],
  ])('%s', (got, wanted) => expect(got).toBe(wanted))

  test('a single value in evaluation is no mistake', async () => {
    const bn = exact(new BatchNorm1d(1))
    expect(await normalized(bn, [1, 1], [2], { mode: 'eval' })).toHaveLength(1)
    expect(() => trace(() => bn.forward(input([1, 1], 'float64'), 'train'))).toThrow(ShapeError)
  })
})
