import { describe, expect, test } from 'vitest'
import { encoder } from './encoder.ts'
import type { ColumnEncoding, TableEncoding } from './encoding.ts'

const numeric = { mean: 10, deviation: 2 }
const age: ColumnEncoding = { name: 'age', kind: 'number', ...numeric, fill: 12, indicator: true }
const plan: ColumnEncoding = { name: 'plan', kind: 'category', values: ['free', null, 'pro'] }
const of = (...columns: readonly ColumnEncoding[]): TableEncoding => ({ format: 1, columns })
const encoded = (column: ColumnEncoding, ...values: readonly unknown[]): number[] =>
  Array.from(encoder(of(column)).encode(values.map((value) => ({ [column.name]: value }))))

describe('a row becomes numbers', () => {
  test('one column after another', () => {
    const rows = [
      { age: 14, plan: 'free' },
      { age: ' 8 ', plan: 'pro' },
      { age: null, plan: '' },
      { age: 'NA', plan: 'never seen' },
    ]
    const { width, featureNames, categories, encode } = encoder(of(age, plan))
    expect([width, featureNames, categories]).toEqual([3, ['age', 'age missing', 'plan'], [0, 0, 4]])
    expect(Array.from(encode(rows))).toEqual([2, 0, 1, -1, 0, 3, 1, 1, 2, 1, 1, 0])
    expect(encode([])).toHaveLength(0)
  })

  test('of a number, also as a big integer or boolean', () => {
    const column: ColumnEncoding = { name: 'n', kind: 'number', ...numeric }
    expect(encoded(column, 14, '1.4e1', 14n, true, '0')).toEqual([2, 2, 2, -4.5, -5])
  })

  test('of numbers and missing values as the file wrote them', () => {
    const column: ColumnEncoding = { name: 'n', kind: 'number', ...numeric, fill: 10 }
    const { encode } = encoder({ ...of(column), decimal: ',', thousands: '.', naValues: ['-999', 'none'] })
    const rows = ['1.010,5', '-999', -999, 'none', ''].map((n) => ({ n }))
    expect(Array.from(encode(rows))).toEqual([500.25, 0, 0, 0, 0])
    expect(() => encode([{ n: 'NA' }])).toThrow('table: wanted a finite number at row 0, column n, got "NA"')
  })

  test('of a boolean, which is not standardized', () => {
    const column: ColumnEncoding = { name: 'b', kind: 'boolean', mean: 0, deviation: 1, fill: 0 }
    expect(encoded(column, true, 'False', 'YES', 'n', 1, 0, null)).toEqual([1, 0, 1, 0, 1, 0, 0])
    expect(encoded(column, '1.0', '0.0', ' 1 ', 1n, '00', 'nan')).toEqual([1, 0, 1, 1, 0, 0])
  })

  test('of an ordinal, by its place in the order', () => {
    const order = ['low', 'mid', 'high']
    const column: ColumnEncoding = { name: 'o', kind: 'ordinal', order, mean: 1, deviation: 0.5, fill: 1 }
    expect(encoded(column, 'low', 'high', undefined)).toEqual([-2, 2, 0])
  })

  test('of an ordinal or a category of numbers, however they are written', () => {
    const column: ColumnEncoding = { name: 'o', kind: 'ordinal', order: ['1', '2.0'], mean: 0, deviation: 1 }
    expect(encoded(column, 1, '1.0', '2', 2n)).toEqual([0, 0, 1, 1])
    const code: ColumnEncoding = { name: 'c', kind: 'category', values: ['1', '2.0', '01', '1.5', '1.10'] }
    expect(encoded(code, 1, '1.0', 1n, '2', 2, '02')).toEqual([1, 1, 1, 2, 2, 0])
    expect(encoded(code, '01', '1.5', 1.5, '1.10', '1.1', 1.1, '1e0', '+1')).toEqual([3, 4, 4, 5, 0, 0, 0, 0])
    const { encode } = encoder({ ...of(code), decimal: ',', thousands: '.' })
    expect(Array.from(encode(['1,0', '1,5', 1.5].map((c) => ({ c }))))).toEqual([1, 4, 4])
  })

  test('of a date, as time, and as angles in the year, the week and the day', () => {
    const column: ColumnEncoding = { name: 'd', kind: 'date', format: 'dmy', mean: 0, deviation: 10, fill: 0 }
    const texts = encoded(column, '11.01.1970', '', new Date('1970-01-11'))
    expect(texts.slice(0, 5)).toEqual(texts.slice(10))
    expect([texts[0], texts[5]]).toEqual([1, 0])
    expect(encoder(of({ ...column, clock: true, indicator: true })).featureNames).toEqual([
      'd',
      'd year sin',
      'd year cos',
      'd week sin',
      'd week cos',
      'd day sin',
      'd day cos',
      'd missing',
    ])
  })

  test('of a text, whose parts are hashed', () => {
    const column: ColumnEncoding = { name: 't', kind: 'text', by: 'words', buckets: 4 }
    const [some, none] = [encoded(column, 'hello'), encoded(column, null)]
    expect(some.toSorted()).toEqual([0, 0, 0, 2])
    expect(none).toEqual([0, 0, 0, 0])
    expect(encoder(of(column)).featureNames).toEqual(['t #0', 't #1', 't #2', 't #3'])
  })

  test('of a column to ignore, not at all', () => {
    const { encode, width } = encoder(of({ name: 'id', kind: 'ignore', because: 'one value only' }, plan))
    expect([width, Array.from(encode([{ plan: 'pro' }]))]).toEqual([1, [3]])
  })
})

describe('a row that does not fit is refused', () => {
  const refused = (rows: unknown, columns: readonly ColumnEncoding[] = [age, plan]) =>
    expect(() => encoder(of(...columns)).encode(rows as never))

  test('for a missing column', () => {
    refused([
      { age: 1, plan: 'pro' },
      { agee: 1, plan: 'pro' },
    ]).toThrow('table: wanted column age at row 1, got columns agee, plan')
  })

  test('for a value of another kind', () => {
    refused([{ age: 'old', plan: 'pro' }]).toThrow(
      'table: wanted a finite number at row 0, column age, got "old"',
    )
    refused([{ age: {}, plan: 'pro' }]).toThrow('table: wanted a finite number at row 0, column age, got {}')
    refused([{ age: Infinity, plan: 'pro' }]).toThrow(
      'table: wanted a finite number at row 0, column age, got Infinity',
    )
    refused([{ age: 1, plan: ['pro'] }]).toThrow(
      'table: wanted a text, a number or a boolean at row 0, column plan, got ["pro"]; correct it, or give null if it is missing',
    )
    const ordinal: ColumnEncoding = { name: 'o', kind: 'ordinal', order: ['low', 'high'], ...numeric }
    refused([{ o: 'mid' }], [ordinal]).toThrow(
      'table: wanted one of low, high at row 0, column o, got "mid"; correct it, or give null if it is missing',
    )
    const boolean: ColumnEncoding = { name: 'b', kind: 'boolean', ...numeric }
    refused([{ b: 'maybe' }], [boolean]).toThrow(
      'table: wanted true or false at row 0, column b, got "maybe"; correct it, or give null if it is missing',
    )
    const date: ColumnEncoding = { name: 'd', kind: 'date', format: 'mdy', ...numeric }
    refused([{ d: '2024-01-01' }], [date]).toThrow(
      'table: wanted a date as 12/31/2024 at row 0, column d, got "2024-01-01"; correct it, or give null if it is missing',
    )
    refused([{ d: new Date('no') }], [date]).toThrow(
      'table: wanted a date as 12/31/2024 at row 0, column d, got null; correct it, or give null if it is missing',
    )
  })

  test('for a missing value, where rows with one were dropped', () => {
    const message = (column: string): string =>
      `table: wanted a value at row 0, column ${column}, got none; leave the row out, as in training`
    refused([{ n: '' }], [{ name: 'n', kind: 'number', ...numeric }]).toThrow(message('n'))
    refused([{ c: null }], [{ name: 'c', kind: 'category', values: ['a'], drop: true }]).toThrow(message('c'))
    refused([{ t: '' }], [{ name: 't', kind: 'text', by: 'words', buckets: 2, drop: true }]).toThrow(
      message('t'),
    )
  })

  test('unless rows are a list of objects', () => {
    refused({ age: 1 }).toThrow('table: wanted rows as a list of objects, got {"age":1}')
    refused([5]).toThrow(
      'table: wanted row 0 as an object, got 5; give each row as an object of values by column',
    )
  })
})

describe('an encoding that is none is refused', () => {
  test.each([
    [null, 'table: wanted options as an object of format, columns, naValues, decimal, thousands, got null'],
    [{ format: 2, columns: [] }, 'table: wanted format 1, got 2; use a newer Evenstep'],
    [{ format: 1, columns: {} }, 'table: wanted columns as a list of columns, got {}'],
    [
      of({ name: 'a', kind: 'fruit' as never }),
      'table: column 0: wanted kind as one of number, boolean, ordinal, date, category, text, ignore, got "fruit"',
    ],
    [
      of({ name: 'a', kind: 'number', mean: 0, deviation: 0 }),
      'table: column 0: wanted deviation as a number > 0, got 0',
    ],
    [
      of(plan, { name: 'a', kind: 'category', values: [1 as never] }),
      'table: column 1: wanted values as a list of texts and null, got [1]',
    ],
    [
      of({ name: 'a', kind: 'text', by: 'words', buckets: 1e9 }),
      'table: column 0: wanted buckets as an integer from 1 to 65536, got 1000000000',
    ],
  ])('%j', (json, message) => expect(() => encoder(json as never)).toThrow(message))
})
