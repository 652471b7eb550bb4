import { expect, test } from 'vitest'
import { alignedTable } from './table.ts'

test('columns are aligned, and trailing spaces left out', () => {
  const rows = [
    ['layer', 'output', 'FLOPs'],
    ['fc', '', '12,000'],
    ['long', '[1]', ''],
  ]
  expect(alignedTable(rows, { columns: 80, left: 2 })).toBe(
    'layer  output   FLOPs\nfc             12,000\nlong   [1]\n',
  )
})

test('the widest column is cut until the table fits, but never below 8 characters', () => {
  const rows = [['abcdefghijklmnop', 'qrstuvwxyz', '1']]
  expect(alignedTable(rows, { columns: 25, left: 2 })).toBe('abcdefghi…  qrstuvwxyz  1\n')
  expect(alignedTable(rows, { columns: 5, left: 2 })).toBe('abcdefg…  qrstuvw…  1\n')
})

test('wide characters take two columns', () => {
  const rows = [
    ['漢字', '1'],
    ['abc', '22'],
  ]
  expect(alignedTable(rows, { columns: 80, left: 1 })).toBe('漢字   1\nabc   22\n')
})
