import type { Line, Plot } from './section.ts'

/**
 * Series colours that are distinguishable with any colour vision, on a light page and on a dark one.
 *
 * Source: Okabe and Ito 2008, Color Universal Design, https://jfly.uni-koeln.de/color/. For a light page the
 * light ones are darkened to a contrast of 3 : 1 (WCAG 2.2, 1.4.11); for a dark page blue is their sky blue.
 */
export const palette = {
  light: ['#c64f00', '#0072b2', '#00805d', '#a8578a', '#946200', '#2f7fae', '#4d4d4d'],
  dark: ['#f0804a', '#56b4e9', '#2fc29a', '#dd94bd', '#e69f00', '#a5d4f5', '#c8c8c8'],
} as const

const dashes = ['', '7 3', '2 3', '9 3 2 3', '12 4', '4 2', '1 4']

/**
 * The colour and dashes of each series.
 *
 * @param fixed names that keep their place even if some are absent: a normalization looks the same in every
 *   chart
 */
export function linesOf(names: readonly string[], fixed: readonly string[] = []): readonly Line[] {
  const known = names.some((name) => fixed.includes(name)) ? fixed : []
  const order = [...new Set([...known, ...names])]
  return [...new Set(names)].map((name) => lineAt(name, order.indexOf(name)))
}

function lineAt(name: string, index: number): Line {
  const turn = Math.floor(index / palette.light.length)
  return {
    name,
    color: `var(--series-${index % palette.light.length})`,
    dash: dashes[(index + turn) % dashes.length]!,
  }
}

/** The colour scale of scores, from best to worst: brighter is better. */
export interface Ramp {
  readonly best: number
  readonly worst: number
  /** The place of a score: 0 for the best, 1 for the worst and beyond. */
  at(score: number): number
  /** The score at a place. */
  score(at: number): number
}

/**
 * A scale by the square root of the distance to the best: it is finer there, since good settings differ by
 * little. It ends at the ninth decile, so that one lost run does not make all others look alike.
 */
export function colorRamp(scores: readonly number[], goal: 'min' | 'max'): Ramp {
  const sorted = [...scores].sort((a, b) => (goal === 'min' ? a - b : b - a))
  const best = sorted[0] ?? Number.NaN
  const worst = sorted[Math.ceil(0.9 * (sorted.length - 1))] ?? Number.NaN
  return {
    best,
    worst,
    at: (score) =>
      best === worst ? 0 : Math.min(Math.sqrt(Math.max((score - best) / (worst - best), 0)), 1),
    score: (at) => best + at * at * (worst - best),
  }
}

/** The fill at a place on the scale, and black or white, whichever contrasts more with it. */
export function shade(plot: Plot, at: number): { readonly fill: string; readonly ink: string } {
  const scale = plot.scale({ color: { type: 'linear', scheme: 'viridis', domain: [0, 1] } })!
  const fill = String(scale.apply(1 - at))
  return { fill, ink: contrast(fill, '#000000') >= contrast(fill, '#ffffff') ? '#000' : '#fff' }
}

/** WCAG's contrast of two colours `#rrggbb`, 1 to 21. Source: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
export function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (high! + 0.05) / (low! + 0.05)
}

function luminance(color: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!
}
