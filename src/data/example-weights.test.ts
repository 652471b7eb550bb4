import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import * as data from './index.ts'

const rows = { x: [[1], [2], [3], [4]], y: [0, 1, 0, 1] }
const weights = [0.5, 0, 2, 1]
const weighted = data.dataset({ ...rows, weights })
const of = ({ weights }: Pick<data.Dataset, 'weights'>) => Array.from((weights?.data ?? []) as Float32Array)

test.each([
  [[1, -1, 1, 1], 'dataset: wanted finite weights ≥ 0, got -1; look at example 1'],
  [[1, 1, Number.NaN, 1], 'dataset: wanted finite weights ≥ 0, got NaN; look at example 2'],
  [[1, 1, 1, Infinity], 'dataset: wanted finite weights ≥ 0, got Infinity; look at example 3'],
  [[1, 1], 'dataset: wanted 4 weights, one for each example, got 2'],
  [[0, 0, 0, 0], 'dataset: wanted at least one weight above 0, got "only zeros"'],
])('weights %j are refused', (weights, message) => {
  expect(() => data.dataset({ ...rows, weights })).toThrow(message)
})

describe('weights go with their examples', () => {
  test('through subsets, splits, folds and one-hot labels', async () => {
    expect(of(weighted)).toEqual(weights)
    expect(of(data.subset(weighted, [2, 0]))).toEqual([2, 0.5])
    const { train, validation } = data.split(weighted, { validation: 2, order: [4, 3, 2, 1] })
    expect([of(train), of(validation)]).toEqual([
      [2, 1],
      [0.5, 0],
    ])
    const folds = [...data.kFold(weighted, { folds: 2, seed: 1 })]
    for (const { train, validation } of folds) {
      const pairs = [train, validation].flatMap((part) =>
        Array.from(part.x.data as Float32Array, (x, i) => [Number(x), of(part)[i]!] as const),
      )
      expect(Object.fromEntries(pairs)).toEqual({ 1: 0.5, 2: 0, 3: 2, 4: 1 })
    }
    expect(of(data.oneHot(weighted))).toEqual(weights)
    expect(of(data.standardize(weighted, data.moments(weighted)))).toEqual(weights)
  })

  test('through loaders, in the order of the batches', () => {
    const { batches, stacks } = data.loader(weighted, { batchSize: 3, seed: 3 })
    const expected = (x: data.Batch['x']) => Array.from(x as Float32Array, (one) => weights[one - 1]!)
    for (const batch of batches(0))
      expect(Array.from(batch.weights as Float32Array)).toEqual(expected(batch.x))
    for (const batch of stacks(1, () => 2))
      expect(Array.from(batch.weights as Float32Array)).toEqual(expected(batch.x))
    expect('weights' in data.loader(data.dataset(rows), { batchSize: 4 }).batches(0).next().value!).toBe(
      false,
    )
  })

  test('through streams: shuffled, collected and made of a loader', async () => {
    const made = data.stream(
      function* () {
        for (const [i, weight] of weights.entries()) yield { x: [i + 1], y: i % 2, weight }
      },
      { shape: [1], classes: 2, weighted: true },
    )
    expect(of(await data.collect(made))).toEqual(weights)
    const seen = new Map<number, number>()
    for await (const { x, weights } of data
      .loader(made, { batchSize: 3, seed: 1, shuffleBuffer: 2 })
      .batches(0))
      for (const [i, one] of (x as Float32Array).entries()) seen.set(Number(one), Number(weights![i]))
    expect(Object.fromEntries(seen)).toEqual({ 1: 0.5, 2: 0, 3: 2, 4: 1 })
    const loaded = data.loaderStream(data.loader(weighted, { batchSize: 2 }))
    expect(of(await data.collect(loaded))).toEqual(weights)
    const none = data.stream(() => [{ x: [1], y: 0 }], { shape: [1], weighted: true })
    await expect(data.collect(none)).rejects.toThrow(
      'stream: wanted a weight as a finite number ≥ 0, got nothing; look at example 0',
    )
  })
})

describe('a column of a table has the weights', () => {
  const folder = mkdtempSync(join(tmpdir(), 'weights-'))
  const path = join(folder, 'a.csv')
  const text = 'a,w,y\n1,0.5,no\n2,0,yes\n3,2,no\n4,1,yes\n'
  const asked = { label: 'y', weight: 'w' }
  beforeAll(() => writeFileSync(path, text))

  test('in memory, streamed and encoded', async () => {
    const classNames = ['no', 'yes']
    const tables = [
      data.csv(path, asked),
      await data.collect(data.csvStream(path, { ...asked, classNames })),
      data.encodeTable(...((table) => [table, table.encoding()] as const)(await data.table(path, asked))),
      await data.collect(await data.tableStream(path, asked)),
    ]
    for (const made of tables) {
      expect(of(made)).toEqual(weights)
      expect(made.featureNames).toEqual(['a'])
    }
  })

  test('with errors that name the row', () => {
    const read = (rows: string, options: object = {}) =>
      data.parseCsv(`a,w,y\n${rows}`, 'a.csv', { ...asked, ...options })
    expect(() => read('1,-2,no\n')).toThrow('a.csv: wanted a weight ≥ 0 at line 2, column w, got "-2"')
    expect(() => read('1,,no\n', { missing: 0 })).toThrow('a.csv: wanted a value at line 2, column w')
    expect(of(read('1,,no\n2,3,yes\n3,,no\n', { missing: 'drop' }))).toEqual([3])
    expect(() => read('1,1,no\n', { weight: 'y' })).toThrow(
      'a.csv: wanted weight as a column of its own, got "y, the column to predict"',
    )
    expect(() => read('1,1,no\n', { features: ['w'] })).toThrow(
      'a.csv: wanted weight as a column of its own, got "w, a feature"',
    )
    const mixed = (rows: string) => data.parseTable(`a,w,y\n${rows}`, 'a.csv', asked)
    expect(() => mixed('1,-2,no\n')).toThrow('a.csv: wanted a weight ≥ 0 at line 2, column w, got "-2"')
  })
})
