import { describe, expect, test } from 'vitest'
import { classWeights, exampleWeights } from './balance.ts'
import { type Dataset, dataset } from './dataset.ts'
import { weightedSampler } from './sampler.ts'

/** Each example's x is its number. */
const labelled = (labels: readonly number[]): Dataset =>
  dataset({
    x: Float32Array.from(labels, (_, i) => i),
    y: Int32Array.from(labels),
    classes: Math.max(...labels) + 1,
  })
const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b)

describe('weights', () => {
  test('balance classes as scikit-learn does', () => {
    // compute_class_weight('balanced', classes=[0, 1, 2], y=[0, 0, 0, 1, 2, 2])
    const all = labelled([0, 0, 0, 1, 2, 2])
    expect(classWeights(all)).toEqual(Float64Array.of(2 / 3, 2, 1))
    expect(exampleWeights(all).reduce((a, b) => a + b)).toBeCloseTo(6, 12)
    expect(() => classWeights(labelled([0, 2]))).toThrow(
      'classWeights: wanted an example of each class, got none of class 1',
    )
  })

  test('draw examples in proportion, the same for the same (seed, epoch)', () => {
    const all = labelled([0, 1, 2, 3])
    const sampler = weightedSampler([1, 0, 3, 6], { count: 20_000 })
    const drawn = sampler.order(all, 0, 0)
    const share = (i: number): number => drawn.filter((j) => j === i).length / drawn.length
    for (const [i, part] of [0.1, 0, 0.3, 0.6].entries())
      expect(Math.abs(share(i) - part)).toBeLessThan(0.015)
    expect(sampler.order(all, 0, 0)).toEqual(drawn)
    expect(sampler.order(all, 0, 1)).not.toEqual(drawn)
    expect(sampler.order(all, 1, 0)).not.toEqual(drawn)
  })

  test('draw each example once without replacement, the heavy ones first', () => {
    const all = labelled([0, 1, 2, 3])
    const sampler = weightedSampler([1, 0, 3, 6], { replacement: false, count: 3 })
    const orders = Array.from({ length: 4000 }, (_, epoch) => sampler.order(all, 0, epoch))
    for (const order of orders) expect(sorted([...order])).toEqual([0, 2, 3])
    const first = (i: number): number => orders.filter(([j]) => j === i).length / orders.length
    for (const [i, part] of [0.1, 0, 0.3, 0.6].entries()) expect(Math.abs(first(i) - part)).toBeLessThan(0.03)
  })

  test('are refused where they make no sense', () => {
    expect(() => weightedSampler([1, -1])).toThrow(
      'weightedSampler: wanted finite weights ≥ 0, got -1; look at weight 1',
    )
    expect(() => weightedSampler([0, 0])).toThrow(
      'weightedSampler: wanted at least 1 positive weights, got 0',
    )
    expect(() => weightedSampler([1, 0], { replacement: false })).toThrow(
      'weightedSampler: wanted at least 2 positive weights, got 1',
    )
    expect(() => weightedSampler([1], { count: 0 })).toThrow(
      'weightedSampler: wanted count as a positive integer, got 0',
    )
    expect(() => weightedSampler([1]).order(labelled([0, 1]), 0, 0)).toThrow(
      'weightedSampler: wanted 2 weights, one an example, got 1',
    )
  })
})
