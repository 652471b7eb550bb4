import { expect, test } from 'vitest'
import { encoder, type TableEncoding } from '../data/table/encoder.ts'
import { RowReader } from './row-reader.ts'
import type { About } from './run-graph.ts'

const numbers = { kind: 'number', mean: 10, deviation: 2 } as const
const encoding: TableEncoding = {
  format: 1,
  columns: [
    { name: 'calls', ...numbers, fill: 10, indicator: true },
    { name: 'id', kind: 'ignore' },
    { name: 'plan', kind: 'category', values: ['basic', 'gold'] },
  ],
}
const about = {
  x: { shape: [3], dtype: 'float32' },
  recipe: { encoding, normalized: [] },
} as unknown as About
const reader = new RowReader('predict', about)

test('a list of a table’s row has the values of its columns, which are encoded as those of an object', () => {
  const objects = [
    { calls: 14, plan: 'gold' },
    { calls: '8', plan: 'basic' },
    { calls: null, plan: 'other' },
  ]
  const wanted = [2, 0, 2, -1, 0, 1, 0, 1, 0]
  expect(Array.from(encoder(encoding).encode(objects))).toEqual(wanted)
  expect(Array.from(reader.read(objects) as Float32Array)).toEqual(wanted)
  const lists = objects.map(({ calls, plan }) => [calls, plan])
  expect(Array.from(reader.read(lists) as Float32Array)).toEqual(wanted)
})

test.each([
  [[[14]], 'wanted an object, or a list of 2 values, calls to plan, at row 0, got [14]'],
  [
    [
      [14, 'gold'],
      [1, 0, 2],
    ],
    'wanted an object, or a list of 2 values, calls to plan, at row 1, got [1,0,2]',
  ],
  [Float32Array.of(2, 0, 2), 'wanted an object, or a list of 2 values, calls to plan, at row 0, got 2'],
  [[[14, ['gold']]], 'wanted a text, a number or a boolean at row 0, column plan, got ["gold"]'],
  [[['many', 'gold']], 'wanted a finite number at row 0, column calls, got "many"'],
  [[[1e300, 'gold']], 'wanted a number that float32 can hold at row 0, column calls, got 1e+300'],
  [[{ calls: 14, plan: 'gold' }, [14, 'gold']], 'wanted an object at row 1, got [14,"gold"]'],
])('other rows of a table are refused: %j', (rows, message) => {
  expect(() => reader.read(rows as never)).toThrow(`predict: ${message}`)
})

test('a column that the model reads is never suggested for another', () => {
  const named = { x: about.x, featureNames: ['a', 'b', 'c'] } as unknown as About
  const read = (row: object) => () => new RowReader('predict', named).read([row] as never)
  expect(read({ a: 1, c: 2 })).toThrow(/wanted a column b at row 0, got none$/)
  expect(read({ a: 1, c: 2, B: 3 })).toThrow('wanted a column b at row 0, got none; did you mean b by B?')
  expect(() => reader.read([{ plan: 'gold', call: 1 }])).toThrow('did you mean calls by call?')
  expect(() => reader.readCells(['plan', 'pla'], [], 'line')).toThrow(
    'predict: wanted a column calls, which the model reads, got plan, pla',
  )
})

test.each([
  ['float32', Float64Array.of(1, 1e300), 'numbers that float32 can hold, got 1e+300'],
  ['int32', Float64Array.of(1, 3e9), 'numbers that int32 can hold, got 3000000000'],
  ['int32', Float64Array.of(1, 0.5), 'whole numbers, got 0.5'],
  ['float64', Float64Array.of(1, Infinity), 'finite numbers, got Infinity'],
])('inputs beyond %s are named, rather than computed with', (dtype, rows, message) => {
  const plain = { x: { shape: [1], dtype } } as unknown as About
  expect(() => new RowReader('predict', plain).read(rows)).toThrow(
    `predict: wanted ${message}; look at number 0 of row 1`,
  )
})

test('lists are not rounded to float32 for a model of another type', () => {
  const read = (dtype: string, value: number) =>
    new RowReader('predict', { x: { shape: [1], dtype } } as unknown as About).read([[value]])
  expect(read('float64', 0.1)).toEqual(Float64Array.of(0.1))
  expect(read('int32', 16777217)).toEqual(Int32Array.of(16777217))
  expect(read('float32', 0.1)).toEqual(Float32Array.of(0.1))
})
