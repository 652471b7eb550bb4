import { describe, expect, test } from 'vitest'
import { fixed, interval, numeral, plain, probability } from './number.ts'

describe('a number', () => {
  test.each([
    [0.97531, '0.9753'],
    [0.9, '0.9000'],
    [2.3456, '2.346'],
    [12_345.6, '12346'],
    [123_456, '1.23e5'],
    [0.00012, '1.2e−4'],
    [-0.5, '−0.5000'],
    [0, '0.000'],
    [Number.NaN, '–'],
    [Number.NEGATIVE_INFINITY, '–'],
    [undefined, '–'],
  ])('%s has four significant digits: %s', (value, text) => {
    expect(numeral(value)).toBe(text)
  })

  test('that was set is written as it was set', () => {
    expect([0.1, 0.1 + 0.2, 0.003, 1e-5, 64, -1, 3e8, Number.POSITIVE_INFINITY].map(plain)).toEqual([
      '0.1',
      '0.3',
      '0.003',
      '1e−5',
      '64',
      '−1',
      '3e8',
      'Infinity',
    ])
  })

  test('of another kind is written as that kind is', () => {
    expect([1.523, -0.25, Number.NaN].map((value) => fixed(value, 1))).toEqual(['1.5', '−0.3', '–'])
    expect([0.0004, 0.048, 1, Number.NaN].map(probability)).toEqual(['< 0.001', '0.048', '1.000', '–'])
  })

  test('may be the ends of an interval, one of which may be missing', () => {
    expect(interval({ interval: [0.96, 0.98] })).toBe('0.9600 to 0.9800')
    expect(interval({ interval: [Number.NaN, 0.98] })).toBe('– to 0.9800')
    expect(interval({})).toBe('–')
  })
})
