import { describe, expect, test } from 'vitest'
import { recipeOf } from '../recipe.ts'
import { kFold, split } from '../split.ts'
import { parseTable } from './parse-table.ts'
import { encodeTable, type MixedTable } from './table.ts'
import type { MixedTableOptions } from './table-options.ts'

const csv = (lines: string, options: MixedTableOptions = { label: 'y' }): MixedTable =>
  parseTable(lines.trim().replace(/\n\s+/g, '\n'), 'a.csv', options)
/** A table of a column `a` with these values, and labels n and y in turn. */
const column = (values: readonly unknown[], options: Partial<MixedTableOptions> = {}): MixedTable =>
  csv(['a,y', ...values.map((value, i) => `${value},${'ny'[i % 2]}`)].join('\n'), { label: 'y', ...options })
const many = (value: (i: number) => unknown, n = 40): unknown[] =>
  Array.from({ length: n }, (_, i) => value(i))

describe('what is learnt', () => {
  const table = column(
    many((i) => (i < 30 ? i % 5 : 1000), 40),
    { columns: { a: 'number' } },
  )
  const first = Array.from({ length: 30 }, (_, i) => i)

  test('comes from the training rows alone', () => {
    const [train, validation] = table.encoded([first, [30, 31]])
    expect(recipeOf(train!)!.encoding!.columns).toMatchObject([{ mean: expect.closeTo(2, 9), fill: 2 }])
    expect(recipeOf(validation!)).toEqual(recipeOf(train!))
    expect(validation!.x.data[0]).toBeCloseTo((1000 - 2) / Math.sqrt(2), 3)
  })

  test('is learnt anew in each split', () => {
    const parts = split(table, { validation: 0.25, test: 0.25, seed: 1 })
    expect([parts.train.length, parts.validation.length, parts.test.length]).toEqual([20, 10, 10])
    const means = [...kFold(table, { folds: 4 })].map(({ train }) => recipeOf(train)!.encoding!.columns[0])
    expect(new Set(means.map((one) => JSON.stringify(one))).size).toBe(4)
  })

  test('groups and times may be columns that are ignored', () => {
    const grouped = csv(`who,b,y\n${many((i) => `p${i % 10},${i / 7},${'ny'[i % 2]}`).join('\n')}`, {
      label: 'y',
      columns: { who: 'ignore' },
    })
    expect(split(grouped, { validation: 0.2, by: 'who', stratify: false }).validation.length).toBe(8)
    expect(() => split(grouped, { validation: 0.2, by: 'whom' })).toThrow(
      'a.csv: wanted a column that is one of who, b, y, got whom; did you mean who?',
    )
  })

  test('encodes other tables, whose classes are found by name', () => {
    const train = column(['x', 'z', 'x', 'z']).encoded([[0, 1, 2, 3]])[0]!
    const other = csv('y,a\ny,z\ny,q\n')
    const made = encodeTable(other, train)
    expect([Array.from(made.x.data, Number), Array.from(made.y.data, Number)]).toEqual([
      [2, 0],
      [1, 1],
    ])
    expect(made).toMatchObject({ classes: 2, classNames: ['n', 'y'], categories: [3] })
    expect(() => encodeTable(csv('y,a\nmaybe,z\nmaybe,z\n'), train)).toThrow(
      'encodeTable: wanted one of n, y, got "maybe"',
    )
    expect(() => encodeTable(csv('y,b\ny,z\ny,q\n'), train)).toThrow(
      'a.csv: wanted a column a, which the encoding reads, got y, b; did you mean y?',
    )
    expect(() => encodeTable({} as never, train)).toThrow(
      'encodeTable: wanted a table, as data.table returns it, got {}',
    )
    expect(() => encodeTable(other, { ...train })).toThrow(
      'encodeTable: wanted an encoding, or the data of a table, got other data',
    )
  })

  test('reads the values of a column of another kind', () => {
    const train = column(['07', '11', '07', '11']).encoded([[0, 1, 2, 3]])[0]!
    expect(Array.from(encodeTable(column([11, 7, 12]), train).x.data, Number)).toEqual([2, 0, 0])
    const numbers = column([1, 2, 3]).encoded([[0, 1, 2]])[0]!
    expect(() => encodeTable(column(['x', 'z']), numbers)).toThrow(
      'a.csv: wanted a finite number at row 0, column a, got "x"',
    )
  })
})

describe('a later table whose column was guessed to be of another kind is encoded by its texts', () => {
  const codes = (train: readonly unknown[], later: readonly unknown[]): number[] => {
    const table = column(train)
    const encoding = table.encoding()
    return Array.from(encodeTable(column(later), encoding).x.data, Number)
  }

  test('booleans, dates and numbers as categories', () => {
    const answers = ['no', 'yes', 'no', 'maybe', 'no', 'yes', 'maybe']
    expect(codes(answers, ['yes', 'no', 'yes', 'no'])).toEqual([3, 1, 3, 1])
    const days = ['2024-01-01', '2024-01-02', 'unknown', '2024-01-01', '2024-01-02', 'unknown']
    expect(codes(days, ['2024-01-02', '2024-01-01', '2024-01-02'])).toEqual([2, 1, 2])
    const floats = ['1.0', '2.0', 'x', '1.0', '2.0', 'x', '1.0']
    expect(codes(floats, [2, 1, 1])).toEqual([2, 1, 1])
    expect(codes(floats, ['2.0', '1.0', 'y'])).toEqual([2, 1, 0])
  })

  test('unless its numbers do not tell the texts', () => {
    const prices = ['1.50', 'x', '1.50', 'x']
    expect(() => codes(prices, ['1.50', '2.50'])).toThrow(
      `a.csv: wanted a text at row 0, column a, got 1.5; tell its kind, as in columns: { "a": 'category' }`,
    )
    const told = column(['1.50', '2.50', 'x'], { columns: { a: 'category' } })
    expect(Array.from(encodeTable(told, column(prices).encoding()).x.data, Number)).toEqual([1, 0, 2])
  })

  test('and rows that were left out do not count', () => {
    const train = column(['no', 'maybe', 'no', 'maybe', 'yes', 'yes', 'yes'])
    const later = csv('a,b,y\nyes,,n\nno,1,y\nyes,2,n\nno,3,y', { label: 'y', missing: 'drop' })
    expect(Array.from(encodeTable(later, train.encoding()).x.data, Number)).toEqual([3, 1, 3])
  })

  test('also where the order of an ordinal is another', () => {
    const table = (order: readonly string[]): MixedTable =>
      column(['S', 'L', 'S', 'L'], { columns: { a: { kind: 'ordinal', order } } })
    const encoding = table(['S', 'L']).encoding()
    expect(Array.from(encodeTable(table(['L', 'S']), encoding).x.data, Number)).toEqual([-1, 1, -1, 1])
    const other = column(['S', 'XL'], { columns: { a: { kind: 'ordinal', order: ['XL', 'S'] } } })
    expect(() => encodeTable(other, encoding)).toThrow(
      'a.csv: wanted one of S, L at row 1, column a, got "XL"; correct it, or leave the row out',
    )
  })
})
