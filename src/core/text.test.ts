import { expect, test } from 'vitest'
import { count, counted, duration, figure, listed, percent, significant, visible } from './text.ts'

test.each([
  [0.1, '0.1', '0.1000'],
  [0.97531, '0.9753', '0.9753'],
  [2, '2', '2.000'],
  [4096, '4096', '4096'],
  [12_345.6, '12346', '12346'],
  [123_456, '1.23e5', '1.23e5'],
  [0.0001, '1e-4', '1e-4'],
  [-0.00012, '-1.2e-4', '-1.2e-4'],
  [0, '0', '0.000'],
  [9.99996, '10', '10.00'],
  [Number.NaN, 'NaN', 'NaN'],
  [Number.NEGATIVE_INFINITY, '-Infinity', '-Infinity'],
])('%s in four digits is %s, in a column %s', (value, text, padded) => {
  expect([figure(value, 4), significant(value, 4)]).toEqual([text, padded])
})

test('a figure has three digits, and one of them stands for a power of ten', () => {
  expect([0.0316228, 1.4674, 96.04, 1234, 2.13e-16, 5e300].map((x) => figure(x))).toEqual([
    '0.0316',
    '1.47',
    '96',
    '1234',
    '2.1e-16',
    '5e300',
  ])
})

test('a share, count or time that is not finite is a dash', () => {
  expect([percent(Number.NaN), percent(Number.NaN, 1), count(Number.NaN), duration(Number.NaN)]).toEqual(
    Array(4).fill('–'),
  )
})

test('a count has every digit, however large, as it has where a language is asked', () => {
  for (const value of [0, 100, 1e5, 123_456_789, -999_999.4, 2 ** 53, 1e21])
    expect(count(value)).toBe(Math.round(value).toLocaleString('en-US'))
})

test('percentages, counts, times and lists', () => {
  expect([percent(0.0123456), percent(0.9, 2), percent(2e-6)]).toEqual(['1.23 %', '90.00 %', '2e-4 %'])
  expect([count(999), count(12_345.6), count(-1e6), counted(1, 'seed'), counted(1200, 'step')]).toEqual([
    '999',
    '12,346',
    '-1,000,000',
    '1 seed',
    '1,200 steps',
  ])
  expect([0.04, 12.34, 45, 60, 3599, 7380].map(duration)).toEqual([
    '0.04 s',
    '12.3 s',
    '45 s',
    '1 min',
    '1 h 0 min',
    '2 h 3 min',
  ])
  expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map((items) => listed(items))).toEqual([
    '',
    'a',
    'a and b',
    'a, b and c',
  ])
  expect(listed(['a', 'b', 'c'], 'or')).toBe('a, b or c')
})

test('what a terminal obeys is shown; letters of every script and emoji stay', () => {
  expect(visible('a\u001b]0;pwned\u0007\u009b31m\r\nb\tc')).toBe(
    'a\\u001b]0;pwned\\u0007\\u009b31m\\u000d\nb\tc',
  )
  expect(visible('x\u202egpj.exe\u2066y\u2069\u2028z\ud800')).toBe(
    'x\\u202egpj.exe\\u2066y\\u2069\\u2028z\\ud800',
  )
  const kept = 'Käse — العربية עברית 日本語 👩‍👩‍👧 ≥'
  expect(visible(kept)).toBe(kept)
})
