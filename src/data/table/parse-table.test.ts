import { describe, expect, test } from 'vitest'
import { parseTable } from './parse-table.ts'
import type { MixedTable } from './table.ts'
import type { MixedTableOptions } from './table-options.ts'

const csv = (lines: string, options: MixedTableOptions = { label: 'y' }): MixedTable =>
  parseTable(lines.trim().replace(/\n\s+/g, '\n'), 'a.csv', options)
/** A table of a column `a` with these values, and labels n and y in turn. */
const column = (values: readonly unknown[], options: Partial<MixedTableOptions> = {}): MixedTable =>
  csv(['a,y', ...values.map((value, i) => `${value},${'ny'[i % 2]}`)].join('\n'), { label: 'y', ...options })
const many = (value: (i: number) => unknown, n = 40): unknown[] =>
  Array.from({ length: n }, (_, i) => value(i))
const encodedOf = (table: MixedTable): number[] =>
  Array.from(table.encodedBy(table.encoding()).x.data, Number)

describe('the kind of a column is guessed', () => {
  test.each([
    ['number', many((i) => i / 3)],
    ['number', many((i) => [1, '', 'NA', 2, 7][i % 5])],
    ['boolean', many((i) => i % 2)],
    ['boolean', many((i) => ['yes', 'NO', ''][i % 3])],
    ['category', many((i) => ['red', 'green', '12'][i % 3])],
    ['category', many((i) => [`0${i % 7}123`, '99999'][i % 2])],
    ['date', many((i) => `2024-01-${10 + (i % 20)}`)],
    ['text', many((i) => `a message with number ${i}`)],
    ['category', ['only', 'three', 'rows']],
  ])('as %s: %j', (kind, values) => expect(column(values).kinds).toEqual({ a: kind }))

  test.each([
    ['no value', many(() => '')],
    ['one value only', many(() => 'EU')],
    ['one value only', many(() => 3)],
    ['a different value in each row', many((i) => `K-${i}`)],
    ['a different value in each row', many((i) => 1000 + i)],
  ])('as ignore, because there is %s', (because, values) => {
    const table = csv(['a,b,y', ...values.map((value, i) => `${value},${i / 7},${'ny'[i % 2]}`)].join('\n'))
    expect(table.encoding().columns[0]).toEqual({ name: 'a', kind: 'ignore', because })
    expect(table.kinds).toEqual({ a: 'ignore', b: 'number' })
  })

  test.each([
    ["'dmy'", many((i) => `${10 + (i % 20)}.12.2024`)],
    ["'mdy'", many((i) => `12/${10 + (i % 20)}/2024`)],
    ["'dmy' or 'mdy'", many((i) => `${1 + (i % 12)}/${1 + ((i * 5) % 12)}/${2000 + i}`)],
  ])('as ignore, because dates may be written as %s, which is to be told', (formats, values) => {
    const because = `dates; if they count, tell their kind as { kind: 'date', format: ${formats} }`
    expect(column(values).encoding().columns[0]).toEqual({ name: 'a', kind: 'ignore', because })
  })

  test('and a column may have any name', () => {
    const names = ['constructor', '__proto__', 'toString', 'y']
    const rows = many((i) => `${i / 3},${i / 7},${i / 9},${'ny'[i % 2]}`)
    const table = csv(`${names.join(',')}\n${rows.join('\n')}`)
    const { x, featureNames } = table.encodedBy(table.encoding())
    expect([featureNames, x.shape]).toEqual([names.slice(0, 3), [3]])
    const ignored = csv(`${names.join(',')}\n${rows.join('\n')}`, {
      label: 'y',
      columns: { constructor: 'ignore', ['__proto__']: 'ignore' } as never,
    })
    expect(ignored.plans.map(({ kind }) => kind)).toEqual(['ignore', 'ignore', 'number'])
  })

  test('as an identifier by its name, where integers are all different', () => {
    const values = many((i) => `${(i * 7919) % 1000},${i / 7},${'ny'[i % 2]}`)
    expect(csv(`userId,b,y\n${values.join('\n')}`).kinds.userId).toBe('ignore')
    expect(csv(`paid,b,y\n${values.join('\n')}`).kinds.paid).toBe('number')
  })

  test('and a note says so', () => {
    const rows = many((i) => `${i},${i % 9 || ''},${'rgb'[i % 3]},some words to read ${i},${'ny'[i % 2]}`)
    expect(csv(`id,age,colour,note,y\n${rows.join('\n')}`).summary()).toBe(
      [
        'a.csv: 4 columns of features',
        '  id      ignore    a different value in each row',
        '  age     number    missing values filled in, with an indicator',
        '  colour  category  3 values, and rare',
        '  note    text      words in 64 buckets',
      ].join('\n'),
    )
  })

  test('from most values: a stray text among numbers is an error', () => {
    const fix = `tell its kind, as in columns: { "a": 'category' }, or add the text to naValues`
    expect(() => column([...many((i) => i, 1500), 'n.a.'])).toThrow(
      `a.csv: wanted a number, as in the rows before, at line 1502, column a, got "n.a."; ${fix}`,
    )
    expect(() => column([...many((i) => i * 3, 100), '?', 'old'])).toThrow('at line 103, column a, got "old"')
    expect(column([...many((i) => i * i, 1500), 'n.a.'], { naValues: ['n.a.'] }).kinds).toEqual({
      a: 'number',
    })
    const told = column([...many((i) => i, 1500), 'n.a.'], { columns: { a: 'category' } })
    expect(told.kinds).toEqual({ a: 'category' })
  })
})

describe('the kind of a column is told', () => {
  test('as codes of categories, by frequency, without those that are rare', () => {
    const options = { columns: { a: 'category' } } as const
    const table = column([7, 3, 3, 9, 7, 3], options)
    expect(table.encoding().columns).toEqual([{ name: 'a', kind: 'category', values: ['3', '7'] }])
    expect(encodedOf(table)).toEqual([2, 1, 1, 0, 2, 1])
    const all = { columns: { a: { kind: 'category', minFrequency: 1, maxCategories: 2 } } } as const
    expect(column([9, 7, 9, 5, 7], all).encoding().columns[0]).toMatchObject({ values: ['7', '9'] })
  })

  test('as an ordinal, a date, a text of characters', () => {
    const columns = {
      size: { kind: 'ordinal', order: ['S', 'M', 'L'] },
      day: { kind: 'date', format: 'dmy' },
      note: { kind: 'text', by: 'characters', buckets: 8 },
    } as const
    const table = csv('size,day,note,y\nS,1.2.2024,ab,0\nL,3.2.2024,cd,1\n', { label: 'y', columns })
    const made = table.encodedBy(table.encoding())
    expect(made.x.shape).toEqual([1 + 5 + 8])
    expect(Array.from(made.x.data.slice(0, 2), Number)).toEqual([-1, -1])
    expect(table.column('day')).toEqual([19_754, 19_756])
  })

  test('and what is wrong is refused', () => {
    const told = (a: unknown, values: readonly unknown[] = ['x', 'y']) =>
      expect(() => column(values, { columns: { a } as never }))
    told('numbers').toThrow(
      'a.csv: column a: wanted kind as one of number, boolean, ordinal, date, category, text, ignore, got "numbers"',
    )
    told({ kind: 'number', order: [] }).toThrow('a.csv: column a: wanted one of missing, got order')
    told('ordinal').toThrow('a.csv: column a: wanted order as a list of texts, got nothing')
    told({ kind: 'ordinal', order: ['x'] }).toThrow(
      'a.csv: column a: wanted order of two texts or more, got ["x"]',
    )
    told({ kind: 'ordinal', order: ['x', 'x'] }).toThrow(
      'a.csv: column a: wanted different texts in order, got "x twice"',
    )
    told({ kind: 'ordinal', order: ['x', 'z'] }).toThrow(
      'a.csv: wanted one of x, z at line 3, column a, got "y"',
    )
    told({ kind: 'category', missing: 'mean' }).toThrow(
      "a.csv: column a: wanted missing as 'drop' or 'category', got \"mean\"",
    )
    told('number').toThrow('a.csv: wanted a number at line 2, column a, got "x"; add texts that mean missing')
    told('boolean', ['yes', 'perhaps']).toThrow(
      'a.csv: wanted true or false, yes or no, t or f, y or n, 1 or 0 at line 3, column a, got "perhaps"',
    )
    told('date', ['2024-01-01', '1/2/2024']).toThrow(
      'a.csv: wanted a date as 2024-12-31 at line 3, column a, got "1/2/2024"',
    )
    expect(() => column([1, 2], { columns: { b: 'number' } })).toThrow(
      'a.csv: columns: wanted one of a, got b; did you mean a?',
    )
    expect(() => column([1, 2], { columns: 'number' as never })).toThrow(
      'parseTable: wanted columns as an object of kinds by column, got "number"',
    )
  })
})

describe('a missing value', () => {
  const values = [1, '', 2, 6]

  test('of a number is the median or the mean, with an indicator', () => {
    expect(column(values).encoding().columns).toMatchObject([{ fill: 2, indicator: true, mean: 2.75 }])
    expect(column(values, { missing: 'mean' }).encoding().columns).toMatchObject([{ fill: 3, mean: 3 }])
    const columns = { a: { kind: 'number', missing: 'mean' } } as const
    expect(column(values, { columns }).encoding().columns).toMatchObject([{ fill: 3 }])
    expect(column([1, 2, 6]).encoding().columns).toEqual([
      { name: 'a', kind: 'number', mean: 3, deviation: Math.sqrt(14 / 3), fill: 2 },
    ])
  })

  test('of a category is a category', () => {
    const table = column(['x', '', 'x', '', 'NA'])
    expect(table.encoding().columns).toEqual([{ name: 'a', kind: 'category', values: [null, 'x'] }])
    expect(encodedOf(table)).toEqual([2, 1, 2, 1, 1])
  })

  test('drops the row where it shall', () => {
    const dropped = column(values, { missing: 'drop' })
    expect([dropped.length, dropped.column('a')]).toEqual([3, [1, 2, 6]])
    expect(dropped.encoding().columns[0]).not.toHaveProperty('fill')
    expect(Array.from(dropped.y.data, Number)).toEqual([0, 0, 1])
    const columns = { a: { kind: 'category', missing: 'drop' } } as const
    expect(column(values, { columns }).length).toBe(3)
    expect(() => column(['', ''], { missing: 'drop' })).not.toThrow() // a column to ignore
    expect(() => column(['', ''], { columns: { a: { kind: 'number', missing: 'drop' } } })).toThrow(
      'a.csv: wanted at least one row without missing values, got none',
    )
  })

  test('among labels and targets is an error, or drops the row', () => {
    const rows = 'a,b,y\n1,2,x\n3,4,\n5,6,z\n'
    const fix = "leave such rows out with missing: 'drop'"
    expect(() => csv(rows)).toThrow(`a.csv: wanted a value at line 3, column y, got ""; ${fix}`)
    expect(csv(rows, { label: 'y', missing: 'drop' }).classNames).toEqual(['x', 'z'])
    const numbers = rows.replace('x', '1').replace('z', '2')
    expect(() => csv(numbers, { target: 'y' })).toThrow(`a.csv: wanted a value at line 3, column y, got ""`)
    expect(Array.from(csv(numbers, { target: 'y', missing: 'drop' }).y.data, Number)).toEqual([1, 2])
  })
})

describe('labels and targets', () => {
  test('are as in data.csv', () => {
    expect(column([1, 2, 3])).toMatchObject({ classes: 2, classNames: ['n', 'y'], length: 3 })
    const both = csv('a,u,v\n1,2,3\n4,5,6\n', { target: ['u', 'v'] })
    expect([both.y.shape, Array.from(both.y.data, Number)]).toEqual([[2], [2, 3, 5, 6]])
    expect(csv('a,y\n1,2\n3,0\n', { label: -1, classes: 3 })).toMatchObject({ classes: 3 })
  })

  test('that are none of the classes are refused', () => {
    const labelled = (options: Partial<MixedTableOptions>) => expect(() => column([1, 2], options))
    labelled({ classNames: ['n', 'x'] }).toThrow('a.csv: wanted one of n, x at line 3, column y, got "y"')
    labelled({ classes: 2 }).toThrow('a.csv: wanted a label from 0 to 1 at line 2, column y, got "n"')
    expect(() => csv('a,y\n1,2\n', {})).toThrow(
      'a.csv: wanted either label, the column of classes, or target, that of numbers, got neither',
    )
    expect(() => csv('a,y\n', { label: 'y' })).toThrow('a.csv: wanted at least one row of values, got none')
    const fractions = many((i) => `${i},${i / 7}`, 60)
    expect(() => csv(`a,y\n${fractions.join('\n')}`)).toThrow(
      'a.csv: wanted classes in the label column, got 60 labels; if the column holds numbers to predict, give it as target',
    )
  })
})

test('columns without names are numbered', () => {
  const table = parseTable('1,x,n\n2,z,y\n', 'a.csv', {
    header: false,
    label: -1,
    columns: { 1: 'category' },
  })
  expect(table.kinds).toEqual({ 0: 'number', 1: 'category' })
})

test('a row of another length is refused', () => {
  expect(() => csv('a,b,y\n1,2,n\n1,n\n')).toThrow(
    'a.csv: wanted 3 values at line 3, got 2; the header has 3 names',
  )
  expect(() => parseTable(new Uint8Array([97, 44, 98, 10, 0xff, 44, 49]), 'a.csv', { label: 'b' })).toThrow(
    "a.csv: wanted text in UTF-8, got other bytes at line 2; give its encoding, such as encoding: 'windows-1252'",
  )
})

test('a column may be called like a property of every object', () => {
  const text = 'constructor,__proto__,k\n1,0.5,a\n2,1.5,b\n'
  expect(Object.keys(parseTable(text, 'a.csv', { label: 'k' }).kinds)).toContain('constructor')
})
