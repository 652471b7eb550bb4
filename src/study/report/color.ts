import type { Line, Plot } from './section.ts'

/**
 * Colours of lines and dots on a light and on a dark page, distinguishable with any colour vision.
 *
 * Source: Okabe and Ito 2008, Color Universal Design, https://jfly.uni-koeln.de/color/. For the light page, the
 * pale colours are darkened to a contrast of 3 : 1 (WCAG 2.2, 1.4.11); on the dark page blue is their sky blue.
 */
export const palette = {
  light: ['#c64f00', '#0072b2', '#00805d', '#a8578a', '#946200', '#2f7fae', '#4d4d4d'],
  dark: ['#f0804a', '#56b4e9', '#2fc29a', '#dd94bd', '#e69f00', '#a5d4f5', '#c8c8c8'],
} as const

const dashes = ['', '7 3', '2 3', '9 3 2 3', '12 4', '4 2', '1 4']

/**
 * Chooses a colour and a dash pattern for each name of a series (a line or dots in a chart).
 *
 * @param fixed names that always get the first colours, in this order, so that all charts of a page agree
 */
export function linesOf(names: readonly string[], fixed: readonly string[] = []): readonly Line[] {
  const known = names.some((name) => fixed.includes(name)) ? fixed : []
  const order = [...new Set([...known, ...names])]
  return [...new Set(names)].map((name) => {
    const index = order.indexOf(name)
    const color = index % palette.light.length
    const turn = Math.floor(index / palette.light.length)
    return { name, color: `var(--series-${color})`, dash: dashes[(index + turn) % dashes.length]! }
  })
}

/** A colour scale of scores, from 0 (the best score, the brightest colour) to 1 (the worst, the darkest). */
export interface Ramp {
  readonly best: number
  readonly worst: number
  /** Returns the position of a score on the scale, from 0 to 1; scores beyond `worst` are at 1. */
  at(score: number): number
  /** Returns the score at a position from 0 to 1: the inverse of `at`. */
  score(at: number): number
}

/**
 * Makes a colour scale on which the position is proportional to the square root of the distance from the best score:
 * it is finer near the best, where good settings differ by little. Its dark end `worst` is the ninth decile (nine in
 * ten scores are better), so that one very bad score does not make all others look alike.
 */
export function colorRamp(scores: readonly number[], goal: 'min' | 'max'): Ramp {
  const sorted = [...scores].sort((a, b) => (goal === 'min' ? a - b : b - a))
  const best = sorted[0] ?? Number.NaN
  const worst = sorted[Math.ceil(0.9 * (sorted.length - 1))] ?? Number.NaN
  const root = (score: number): number => Math.sqrt(Math.max((score - best) / (worst - best), 0))
  return {
    best,
    worst,
    at: (score) => (best === worst ? 0 : Math.min(root(score), 1)),
    score: (at) => best + at * at * (worst - best),
  }
}

/** Returns the fill colour at a position from 0 to 1, and the text colour: black or white, whichever contrasts more. */
export function shade(plot: Plot, at: number): { readonly fill: string; readonly ink: string } {
  const scale = plot.scale({ color: { type: 'linear', scheme: 'viridis', domain: [0, 1] } })!
  const fill = String(scale.apply(1 - at))
  return { fill, ink: contrast(fill, '#000000') >= contrast(fill, '#ffffff') ? '#000' : '#fff' }
}

/** Returns the contrast of two `#rrggbb`, 1 to 21. Source: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
export function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (high! + 0.05) / (low! + 0.05)
}

function luminance(color: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(color.slice(at, at + 2), 16) / 255
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!
}
