import { expect, test } from 'vitest'
import { parseTable } from './parse-table.ts'
import type { MixedTable } from './table.ts'
import type { MixedTableOptions } from './table-options.ts'

const many = (value: (i: number) => string, n = 60): string[] => Array.from({ length: n }, (_, i) => value(i))
const table = (values: readonly string[], options: Partial<MixedTableOptions> = {}): MixedTable =>
  parseTable(['a;y', ...values.map((value, i) => `${value};${'ny'[i % 2]}`)].join('\n'), 'a.csv', {
    label: 'y',
    delimiter: ';',
    ...options,
  })

test.each([
  [
    "thousands: ',' if the comma groups digits, or decimal: ',' if it is the decimal point",
    many((i) => `${i + 100},594`),
    '100,594',
  ],
  ["thousands: ','", many((i) => `${i + 1},594.5`), '1,594.5'],
  ["thousands: ','", many((i) => (i % 9 ? `${i}` : `1,234,${i + 100}`)), '1,234,100'],
  ["thousands: ' '", many((i) => `${i + 100} 594`), '100 594'],
  [`thousands: "'"`, many((i) => `${i + 1}'594`), "1'594"],
  ["thousands: '\\u00a0'", many((i) => `${i + 1}\u00a0594`), '1\u00a0594'],
  ["decimal: ','", many((i) => `${i},5`), '0,5'],
  ["decimal: ',' and thousands: '.'", many((i) => `${i + 1}.594,5`), '1.594,5'],
  ["decimal: ',' and thousands: '.'", many((i) => `1.${i + 100}.594`), '1.100.594'],
])('most texts are numbers with %s, which is to be told', (options, values, first) => {
  const tell = `if the texts are no numbers, tell the column's kind, as in columns: { "a": 'category' }`
  const wrong = `a.csv: wanted a plain number at line 2, column a, got "${first}"; give ${options}; ${tell}`
  expect(() => table(values)).toThrow(wrong)
  expect(table(values, { columns: { a: 'category' } }).kinds).toEqual({ a: 'category' })
})

test('with which they are numbers', () => {
  expect(table(['1,594', '12', '100,594'], { thousands: ',' }).column('a')).toEqual([1594, 12, 100594])
  expect(table(['1.594,5', '12'], { decimal: ',', thousands: '.' }).column('a')).toEqual([1594.5, 12])
})

test('a later number with groups is told the option too, and so is one to predict', () => {
  const grouped = [...many((i) => `${i * 7}`, 1200), '1,101']
  expect(() => table(grouped)).toThrow(
    'a.csv: wanted a number, as in the rows before, at line 1202, column a, got "1,101"; give thousands: \',\' if the comma groups digits, or',
  )
  expect(() => parseTable('a;b\n1,5;1\n2;2\n', 'a.csv', { target: 'a', delimiter: ';' })).toThrow(
    `a.csv: wanted a number at line 2, column a, got "1,5"; give decimal: ','`,
  )
})

test('other texts are none: codes, versions, lists and names', () => {
  for (const values of [
    many((i) => `030 123 ${100 + (i % 9)}`),
    many((i) => `1.2.${i % 9}`),
    many((i) => `1,2,${i % 9}`),
    many((i) => ['red, green', 'blue'][i % 2]!),
  ])
    expect(['category', 'text']).toContain(table(values).kinds.a)
})

test('dates with a few other texts are named as such', () => {
  const but = (format: string): string =>
    `dates, but for "unknown"; if they count, tell their kind as { kind: 'date', format: '${format}' }, and add texts that mean missing to naValues`
  const mixed = (date: (day: number) => string): string[] =>
    many((i) => (i % 30 ? date(10 + (i % 15)) : 'unknown'))
  const because = (values: readonly string[]): unknown => table(values).encoding().columns[0]
  const ignored = { name: 'a', kind: 'ignore' }
  expect(because(mixed((day) => `${day}.07.2025`))).toEqual({ ...ignored, because: but('dmy') })
  expect(because(mixed((day) => `2025-07-${day}`))).toEqual({ ...ignored, because: but('ymd') })
})

test('a category almost all of whose values are rare is noted', () => {
  expect(table([...many((i) => `K-${i}`), 'red', 'red']).summary()).toBe(
    "a.csv: 1 column of features\n  a  category  1 value, and rare (60 of 61 values are; tell another kind, or 'ignore')",
  )
  expect(table(many((i) => ['red', 'green'][i % 2]!)).summary()).toMatch(/2 values, and rare$/)
})

test('a column without a name is refused, with the name of the file', () => {
  expect(() => parseTable(',a,y\n1,2,n\n2,3,y\n', 'a.csv', { label: 'y' })).toThrow(
    'a.csv: wanted a name for each column, got none for column 0; write one into the first line',
  )
})
