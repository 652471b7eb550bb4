import { describe, expect, test } from 'vitest'
import { parseDate, writeAngles } from './dates.ts'

describe('a date', () => {
  test.each([
    ['1970-01-01', 'ymd', 0],
    ['2024-02-29', 'ymd', 19_782],
    ['2024/2/9', 'ymd', 19_762],
    ['29.2.2024', 'dmy', 19_782],
    ['2/29/2024', 'mdy', 19_782],
    ['1969-12-31 12:00', 'ymd', -0.5],
    ['2024-02-29T06:00:00Z', 'ymd', 19_782.25],
    ['2024-02-29T06:00:00+06:00', 'ymd', 19_782],
    ['2024-02-28T18:00-0600', 'ymd', 19_782],
    ['29.2.2024 18:00:43.2', 'dmy', 19_782.7505],
  ] as const)('%s as %s is day %d', (text, format, days) => {
    expect(parseDate(text, format)).toBeCloseTo(days, 9)
  })

  test.each([
    '2023-02-29',
    '2024-13-01',
    '2024-00-10',
    '2024-1-32',
    '24-01-01',
    '2024-01-01 24:00',
    'today',
    '',
  ])('%s is none', (text) => expect(parseDate(text, 'ymd')).toBeUndefined())

  test('turns once a year, by the calendar of Date', () => {
    for (let year = -400; year <= 2800; year++) {
      const [first, next] = [year, year + 1].map((y) => new Date(0).setUTCFullYear(y, 0, 1) / 86_400_000)
      const [start, last] = [new Float32Array(4), new Float32Array(4)]
      writeAngles(first!, false, start, 0)
      writeAngles(next! - 1, false, last, 0)
      const angle = (2 * Math.PI * (next! - first! - 1)) / (next! - first!)
      const wanted = [0, 1, Math.fround(Math.sin(angle)), Math.fround(Math.cos(angle))]
      expect([...start.slice(0, 2), ...last.slice(0, 2)]).toEqual(wanted)
    }
  })

  test('has angles in the year, the week and the day', () => {
    const out = new Float32Array(6)
    // Monday, 2024-07-01, at 6 o'clock: 182 days of 366 have passed.
    writeAngles(parseDate('2024-07-01T06:00', 'ymd')!, true, out, 0)
    const angle = (2 * Math.PI * 182) / 366
    const wanted = [Math.sin(angle), Math.cos(angle), 0, 1, 1, 0]
    for (const [i, value] of wanted.entries()) expect(out[i]).toBeCloseTo(value, 6)
  })
})
