import * as plot from '@observablehq/plot'
import { describe, expect, test } from 'vitest'
import { colorRamp, contrast, linesOf, palette, shade } from './color.ts'
import { colors } from './style.ts'

describe('on a page', () => {
  test.each(['light', 'dark'] as const)('that is %s, text is read and lines are seen', (mode) => {
    const { page, panel, ink, soft, link } = colors[mode]
    for (const text of [ink, soft, link]) {
      expect(contrast(text, page)).toBeGreaterThan(4.5)
      expect(contrast(text, panel)).toBeGreaterThan(4.5)
    }
    for (const line of palette[mode]) expect(contrast(line, page), line).toBeGreaterThan(3)
  })
})

test('contrast is that of WCAG', () => {
  expect(contrast('#000000', '#ffffff')).toBe(21)
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2)
})

test('a number is read on each colour of the scale, which is bright at the best', () => {
  for (let at = 0; at <= 1; at += 0.01) {
    const { fill, ink } = shade(plot, at)
    expect(contrast(fill, ink === '#000' ? '#000000' : '#ffffff'), `at ${at}`).toBeGreaterThan(4.5)
  }
  expect([shade(plot, 0).fill, shade(plot, 1).fill]).toEqual(['#fde725', '#440154'])
})

describe('the scale of scores', () => {
  test('is 0 at the best, 1 from the ninth decile on, and its own inverse', () => {
    const scale = colorRamp([0.1, 0.9, 0.95, 0.96, 0.97, 0.975, 0.98, 0.981, 0.982, 0.983, 0.984], 'max')
    expect([scale.best, scale.worst]).toEqual([0.984, 0.9])
    expect([scale.at(0.984), scale.at(0.963), scale.at(0.9), scale.at(0.1)]).toEqual(
      [0, 0.5, 1, 1].map((x) => expect.closeTo(x, 9)),
    )
    expect(scale.score(scale.at(0.95))).toBeCloseTo(0.95, 9)
  })

  test('goes the other way for losses, and stands still when all are equal', () => {
    const scale = colorRamp([0.2, 0.1, 0.5], 'min')
    expect([scale.best, scale.worst, scale.at(0.1), scale.at(0.5)]).toEqual([0.1, 0.5, 0, 1])
    expect(colorRamp([3, 3], 'min').at(3)).toBe(0)
    expect(colorRamp([], 'min').best).toBeNaN()
  })
})

test('lines differ by colour and dash, and a normalisation keeps its own', () => {
  const all = linesOf(Array.from({ length: 40 }, (_, i) => String(i)))
  expect(new Set(all.map(({ color, dash }) => `${color} ${dash}`)).size).toBe(40)
  expect(linesOf(['batch'], ['none', 'batch'])[0]).toEqual({
    name: 'batch',
    color: 'var(--series-1)',
    dash: '7 3',
  })
  expect(linesOf(['bn1'], ['none', 'batch'])[0]!.color).toBe('var(--series-0)')
})
