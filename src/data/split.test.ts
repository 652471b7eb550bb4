import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { classWeights, exampleWeights } from './balance.ts'
import { type Dataset, dataset } from './dataset.ts'
import { weightedSampler } from './sampler.ts'
import { kFold, split } from './split.ts'

/** Each example's x is its number. */
const labelled = (labels: readonly number[]): Dataset =>
  dataset({
    x: Float32Array.from(labels, (_, i) => i),
    y: Int32Array.from(labels),
    classes: Math.max(...labels) + 1,
  })
const ids = ({ x }: Dataset): number[] => Array.from(x.data, Number)
const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b)
const countOf = ({ y }: Dataset, label: number): number =>
  Array.from(y.data, Number).filter((v) => v === label).length

const labels = fc.array(fc.nat(4), { minLength: 4, maxLength: 80 })

describe('a split', () => {
  test('has every example once, in parts of the size asked for', () => {
    fc.assert(
      fc.property(
        labels,
        fc.nat(99),
        fc.boolean(),
        fc.double({ min: 0.2, max: 0.8, noNaN: true }),
        (list, seed, stratify, part) => {
          const all = labelled(list)
          const parts = split(all, { validation: part, seed, stratify })
          expect(sorted([...ids(parts.train), ...ids(parts.validation)])).toEqual(ids(all))
          expect(parts.validation.length).toBe(Math.round(part * list.length))
          expect(split(all, { validation: part, seed, stratify })).toEqual(parts)
        },
      ),
    )
  })

  test('keeps x with its y, and each class within one example of its share', () => {
    fc.assert(
      fc.property(labels, fc.nat(99), (list, seed) => {
        const all = labelled(list)
        const { train, validation } = split(all, { validation: 0.3, seed })
        for (const part of [train, validation]) {
          expect(ids(part).map((i) => list[i])).toEqual(Array.from(part.y.data, Number))
        }
        for (let label = 0; label < all.classes!; label++) {
          const exact = (countOf(all, label) * validation.length) / all.length
          expect(Math.abs(countOf(validation, label) - exact)).toBeLessThan(1)
        }
      }),
    )
  })

  test('takes a number of examples, and refuses what leaves a part empty', () => {
    const all = labelled([0, 1, 0, 1])
    expect(split(all, { validation: 3 }).validation.length).toBe(3)
    for (const validation of [0, 4, 1.5, 0.01]) {
      expect(() => split(all, { validation })).toThrow(
        'split: wanted validation as a fraction or number that leaves examples in both parts of 4, ' +
          `got ${validation}`,
      )
    }
    const targets = dataset({ x: new Float32Array(4), y: new Float32Array(4) })
    expect(() => split(targets, { validation: 1, stratify: true })).toThrow(
      'split: wanted labels to stratify by, got targets of float32; leave stratify out',
    )
    expect(split(targets, { validation: 1 }).train.length).toBe(3)
  })
})

test('folds measure on every example once, with parts and classes as equal as they can be', () => {
  fc.assert(
    fc.property(labels, fc.nat(99), fc.integer({ min: 2, max: 4 }), (list, seed, count) => {
      const all = labelled(list)
      const split = kFold(all, { folds: count, seed })
      const folds = [...split]
      expect([...split]).toEqual(folds) // once more
      expect(sorted(folds.flatMap(({ validation }) => ids(validation)))).toEqual(ids(all))
      for (const { train, validation } of folds) {
        expect(sorted([...ids(train), ...ids(validation)])).toEqual(ids(all))
      }
      const spread = (counts: number[]): number => Math.max(...counts) - Math.min(...counts)
      expect(spread(folds.map(({ validation }) => validation.length))).toBeLessThanOrEqual(1)
      for (let label = 0; label < all.classes!; label++) {
        expect(spread(folds.map(({ validation }) => countOf(validation, label)))).toBeLessThanOrEqual(1)
      }
    }),
  )
  expect(() => [...kFold(labelled([0, 1]), { folds: 3 })]).toThrow(
    'kFold: wanted folds as an integer from 2 to 2, got 3',
  )
})

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
