import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { golden } from '../../test/support/golden.ts'
import { dealt, unevenFirst, upTo } from './choose.ts'
import { type Dataset, dataset } from './dataset.ts'
import { normalize } from './normalize.ts'
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

test('seeds of earlier versions give the same parts', () => {
  const all = labelled(upTo(12).map((i) => i % 3))
  const { train, validation } = split(all, { validation: 4, seed: 3 })
  expect([ids(train), ids(validation)]).toEqual([
    [0, 4, 5, 7, 8, 9, 10, 11],
    [1, 2, 3, 6],
  ])
  expect([...kFold(all, { folds: 3, seed: 3 })].map((fold) => ids(fold.validation))).toEqual([
    [0, 1, 5, 6],
    [4, 7, 9, 11],
    [2, 3, 8, 10],
  ])
})

/** Labels and, for each, the number of its group: 4 to 60 examples in up to 12 groups. */
const grouped = fc
  .array(fc.tuple(fc.nat(2), fc.nat(11)), { minLength: 4, maxLength: 60 })
  .map((rows) => ({ list: rows.map(([label]) => label), keys: rows.map(([, key]) => `patient ${key}`) }))

describe('a test part', () => {
  test('has its share of each class, depends on the seed alone, and leaves each example in one part', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(4), { minLength: 10, maxLength: 80 }), fc.nat(99), (list, seed) => {
        const all = labelled(list)
        const { train, validation, test } = split(all, { validation: 0.2, test: 0.3, seed })
        expect(sorted([train, validation, test].flatMap(ids))).toEqual(ids(all))
        expect([validation, test].map((part) => part.length)).toEqual([
          Math.round(0.2 * list.length),
          Math.round(0.3 * list.length),
        ])
        for (let label = 0; label < all.classes!; label++) {
          const exact = (countOf(all, label) * test.length) / all.length
          expect(Math.abs(countOf(test, label) - exact)).toBeLessThan(1)
        }
        expect(split(all, { validation: 0.4, test: 0.3, seed }).test).toEqual(test)
        for (const fold of kFold(all, { folds: 3, test: 0.3, seed })) expect(fold.test).toEqual(test)
      }),
    )
  })

  test('is held out of all folds', () => {
    const all = labelled(upTo(30).map((i) => i % 3))
    const folds = [...kFold(all, { folds: 4, test: 6, seed: 1 })]
    expect(sorted(folds.flatMap(({ validation }) => ids(validation)))).toEqual(
      ids(all).filter((i) => !ids(folds[0]!.test).includes(i)),
    )
    for (const { train, validation, test } of folds)
      expect(sorted([train, validation, test].flatMap(ids))).toEqual(ids(all))
  })

  test('is normalized by the training part', () => {
    const all = labelled(upTo(20).map((i) => i % 2))
    const parts = split(all, { validation: 4, test: 4 })
    const mean = ids(parts.train).reduce((a, b) => a + b) / parts.train.length
    const scaled = normalize(parts)
    const [first, second] = [0, 1].map((i) => Number(scaled.test.x.data[i]))
    expect(first! / second!).toBeCloseTo((ids(parts.test)[0]! - mean) / (ids(parts.test)[1]! - mean), 4)
  })

  test('must leave examples in all parts', () => {
    const all = labelled([0, 1, 0, 1])
    for (const test of [3, 4, 1.5, 0.01]) {
      expect(() => split(all, { validation: 1, test })).toThrow(
        `split: wanted test as a fraction or number that leaves examples in all three parts of 4, got ${test}`,
      )
    }
    expect(() => split(all, { validation: 2, test: 2 })).toThrow(
      'split: wanted validation as a fraction or number that leaves examples in all three parts of 4, got 2',
    )
    expect(() => kFold(all, { folds: 4, test: 1 })).toThrow(
      'kFold: wanted folds as an integer from 2 to 3, got 4',
    )
    expect(() => split(all, { validation: 1, test: 0 })).toThrow('split: wanted test as a number > 0, got 0')
  })
})

describe('groups', () => {
  const keysOf = (part: Dataset, keys: readonly string[]): Set<string> =>
    new Set(ids(part).map((i) => keys[i]!))

  test('are in one part each', () => {
    fc.assert(
      fc.property(grouped, fc.nat(99), fc.boolean(), ({ list, keys }, seed, stratify) => {
        const all = labelled(list)
        fc.pre(new Set(keys).size > 6)
        let parts: Dataset[]
        try {
          const made = split(all, { validation: 0.3, test: 0.3, by: keys, seed, stratify })
          parts = [made.train, made.validation, made.test]
        } catch (error) {
          expect(String(error)).toContain('for which each part gets a whole group')
          return
        }
        expect(sorted(parts.flatMap(ids))).toEqual(ids(all))
        expect(parts.reduce((n, part) => n + keysOf(part, keys).size, 0)).toBe(new Set(keys).size)
        for (const { train, validation } of kFold(all, { folds: 2, by: keys, seed, stratify })) {
          const shared = [...keysOf(train, keys)].filter((key) => keysOf(validation, keys).has(key))
          expect(shared).toEqual([])
        }
      }),
    )
  })

  test('of equal size give the sizes asked for, other parts for another seed, and each class its share', () => {
    const all = labelled(upTo(400).map((i) => Number(i % 40 >= 10 && i % 40 < 20)))
    const by = upTo(400).map((i) => i >> 3)
    const parts = upTo(5).map((seed) => split(all, { validation: 0.2, test: 0.2, by, seed }))
    for (const { train, validation, test } of parts) {
      expect(Math.abs(test.length - 80)).toBeLessThanOrEqual(16)
      expect(Math.abs(validation.length - 80)).toBeLessThanOrEqual(16)
      expect(Math.abs(countOf(test, 1) / test.length - 0.25)).toBeLessThan(0.06)
      expect(train.length + validation.length + test.length).toBe(400)
    }
    expect(new Set(parts.map(({ test }) => String(ids(test)))).size).toBe(5)
    expect(split(all, { validation: 0.2, test: 0.3, by, seed: 0 })).toEqual(
      split(all, { validation: 0.2, test: 0.3, by, seed: 0 }),
    )
  })

  test('can be named by a feature', () => {
    const named = dataset({
      x: upTo(20).map((i) => [i, i % 5]),
      y: upTo(20).map((i) => i % 2),
      featureNames: ['age', 'clinic'],
    })
    const { train, validation } = split(named, { validation: 0.3, by: 'clinic', seed: 2 })
    const clinics = ({ x }: Dataset): number[] => Array.from(x.data, Number).filter((_, i) => i % 2 === 1)
    expect(clinics(validation).length).toBeGreaterThan(0)
    expect(clinics(train).filter((one) => clinics(validation).includes(one))).toEqual([])
    expect(() => split(named, { validation: 0.3, by: 'clinics' })).toThrow(
      'split: wanted by as one of age, clinic, got clinics; did you mean clinic?',
    )
    expect(() => split(labelled([0, 1, 0, 1]), { validation: 1, by: 'clinic' })).toThrow(
      'split: wanted by of data with featureNames, got clinic; give a list with one for each example',
    )
  })

  test('without a key, or too few, are refused', () => {
    const all = labelled([0, 1, 0, 1])
    expect(() => split(all, { validation: 1, by: ['a', 'b', 'c'] })).toThrow(
      'split: wanted by with 4 items, one per example, got 3',
    )
    expect(() => split(all, { validation: 1, by: ['a', 'b', null as unknown as string, 'c'] })).toThrow(
      'split: wanted by with a text or a number for example 2, got null',
    )
    expect(() => split(all, { validation: 1, by: ['a', 'a', 'a', 'a'] })).toThrow(
      'split: wanted validation for which each part gets a whole group of by, got 1; ' +
        'ask for other sizes, or split into smaller groups',
    )
    expect(() => kFold(all, { folds: 3, by: ['a', 'a', 'b', 'b'] })).toThrow(
      'kFold: wanted folds for which each part gets a whole group of by, got 3',
    )
  })
})

describe("scikit-learn's folds", () => {
  interface Folds {
    readonly folds: number
    readonly groups: readonly number[]
    readonly labels?: readonly number[]
    readonly validation: readonly (readonly number[])[]
  }
  const { stratified, grouped, times } = golden('groups') as {
    readonly stratified: readonly Folds[]
    readonly grouped: readonly Folds[]
    readonly times: readonly { length: number; folds: number; splits: readonly (readonly number[][])[] }[]
  }

  test.each([...stratified, ...grouped])('of %#', ({ folds, groups, labels, validation }) => {
    const names = [...new Set(groups)]
    const known = [...new Set(labels ?? [0])]
    const rows = names.map((group) =>
      known.map((label) => groups.filter((one, i) => one === group && (labels?.[i] ?? 0) === label).length),
    )
    const parts = dealt(rows, new Array(folds).fill(1 / folds), unevenFirst(rows))
    const dealtTo = (fold: number): number[] =>
      upTo(groups.length).filter((i) => parts[names.indexOf(groups[i]!)] === fold)
    expect(upTo(folds).map(dealtTo)).toEqual(validation)
  })

  test.each(times)('in time, of $length examples', ({ length, folds, splits }) => {
    const all = labelled(new Array(length).fill(0))
    const made = [...kFold(all, { folds, order: upTo(length) })]
    expect(made.map(({ train, validation }) => [ids(train), ids(validation)])).toEqual(splits)
  })
})

describe('an order in time', () => {
  const all = labelled(upTo(10).map((i) => i % 2))

  test('puts the latest examples into the test part, and those before them into validation', () => {
    const days = [9, 1, 8, 2, 7, 3, 6, 4, 5, 0]
    const parts = split(all, { validation: 0.2, test: 0.3, order: days })
    expect([ids(parts.train), ids(parts.validation), ids(parts.test)]).toEqual([
      [1, 3, 5, 7, 9],
      [6, 8],
      [0, 2, 4],
    ])
    const folds = [...kFold(all, { folds: 2, test: 4, order: days })]
    expect(folds.map(({ train, validation, test }) => [train, validation, test].map(ids))).toEqual([
      [
        [1, 9],
        [3, 5],
        [0, 2, 4, 6],
      ],
      [
        [1, 3, 5, 9],
        [7, 8],
        [0, 2, 4, 6],
      ],
    ])
  })

  test.each([
    ['dates', (i: number) => new Date(Date.UTC(2026, 0, 10 - i))],
    ['texts', (i: number) => `2026-01-${String(10 - i).padStart(2, '0')}`],
    ['years', (i: number) => `${2026 - i}`],
    ['integers', (i: number) => BigInt(-i)],
  ])('reads %s', (_, time) => {
    expect(
      ids(
        split(all, { validation: 2, order: upTo(10).map(time as (i: number) => unknown) as never })
          .validation,
      ),
    ).toEqual([0, 1])
  })

  test('refuses what is no time', () => {
    const refused =
      (order: unknown): (() => unknown) =>
      () =>
        split(all, { validation: 2, order: order as never })
    expect(refused([...upTo(9), '2026-01-01'])).toThrow(
      'split: wanted order with a number for example 9, got "2026-01-01"',
    )
    expect(refused(upTo(10).map(() => '1.2.2026'))).toThrow(
      'split: wanted order with a date for example 0, got "1.2.2026"',
    )
    expect(refused([Number.NaN, ...upTo(9)])).toThrow(
      'split: wanted order with a number for example 0, got NaN',
    )
    expect(refused(7)).toThrow(
      'split: wanted order as a list of one time per example, or the name of a feature, got 7',
    )
  })

  test('contradicts groups, a seed and stratification', () => {
    const order = upTo(10)
    for (const other of [{ by: order }, { seed: 1 }, { stratify: true }]) {
      const [name] = Object.keys(other)
      const message = `wanted order without ${name}, got both; leave one of them out`
      expect(() => split(all, { validation: 2, order, ...other })).toThrow(`split: ${message}`)
      expect(() => kFold(all, { folds: 2, order, ...other })).toThrow(`kFold: ${message}`)
    }
    expect(split(all, { validation: 2, order, stratify: false }).validation.length).toBe(2)
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
