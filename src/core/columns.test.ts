import { expect, test } from 'vitest'
import { cutToColumns, displayWidth } from './columns.ts'

test.each([
  ['abc', 3],
  ['━▁█…·≥', 6],
  ['漢字', 4],
  ['가', 2],
  ['Ａ', 2],
  ['e\u0301', 1],
  ['🚀', 2],
  ['👩🏽‍🔬', 2],
  ['❤️', 2],
  ['𠀋', 2],
])('%s takes %i columns', (text, columns) => {
  expect(displayWidth(text)).toBe(columns)
  expect(cutToColumns(text, columns)).toBe(text)
  expect(displayWidth(cutToColumns(text, columns - 1))).toBeLessThan(columns)
})

test('a text is cut between characters, never within one', () => {
  expect(['a漢b', 'a👩🏽‍🔬b', 'ae\u0301'].map((text) => cutToColumns(text, 2))).toEqual([
    'a',
    'a',
    'ae\u0301',
  ])
  expect([cutToColumns('abc', 2), cutToColumns('abc', -1), cutToColumns('漢', -1)]).toEqual(['ab', '', ''])
})
