import { expect, test } from 'vitest'
import { dataset } from './dataset.ts'
import { normalize } from './normalize.ts'
import { canResplit, resplit } from './resplit.ts'
import { split } from './split.ts'
import { stream } from './stream.ts'

const x = Array.from({ length: 60 }, (_, i) => [i, -i])
const whole = dataset({ x, y: x.map((_, i) => i % 3), weights: x.map((_, i) => i + 1) })
const parts = split(whole, { validation: 12, test: 9 })
const ids = ({ x: { data } }: { readonly x: { readonly data: ArrayLike<number | bigint> } }): number[] =>
  Array.from(data, Number).filter((_, i) => i % 2 === 0)

test('splits training and validation examples anew, in the same sizes, and leaves the test part', () => {
  const again = resplit(parts, 1)
  expect([again.train.length, again.validation.length]).toEqual([39, 12])
  expect(again.test).toBe(parts.test)
  const pool = [...ids(parts.train), ...ids(parts.validation)].sort((a, b) => a - b)
  expect([...ids(again.train), ...ids(again.validation)].sort((a, b) => a - b)).toEqual(pool)
  expect(ids(again.validation)).not.toEqual(ids(parts.validation))
  expect(resplit(parts, 1).train.x.data).toEqual(again.train.x.data)
  expect(ids(resplit(parts, 2).validation)).not.toEqual(ids(again.validation))
})

test('keeps labels and weights with their examples, and classes in their shares', () => {
  const { train, validation } = resplit(parts, 5)
  for (const part of [train, validation]) {
    expect(Array.from(part.y.data, Number)).toEqual(ids(part).map((i) => i % 3))
    expect(Array.from(part.weights!.data, Number)).toEqual(ids(part).map((i) => i + 1))
  }
  expect([0, 1, 2].map((c) => Array.from(validation.y.data, Number).filter((y) => y === c).length)).toEqual([
    4, 4, 4,
  ])
})

test('refuses examples that belong together, or are not in memory', () => {
  const grouped = split(whole, { validation: 12, by: x.map((_, i) => i >> 2) })
  const ordered = split(whole, { validation: 12, order: x.map((_, i) => i) })
  const streamed = { ...parts, train: stream(() => [], { shape: [2], classes: 3 }) }
  const bound = 'a split by groups or in order'
  for (const [kept, got] of [
    [grouped, bound],
    [normalize(ordered, { per: 'feature' }), bound],
    [streamed, 'a stream'],
  ] as const) {
    expect(canResplit(kept)).toBe(false)
    expect(() => resplit(kept, 0)).toThrow(
      `resplit: wanted training and validation examples in memory that may change places, got ${got}; leave the split as it is`,
    )
  }
  expect(canResplit(parts)).toBe(true)
})
