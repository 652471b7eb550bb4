/** Colours of Okabe and Ito 2008 on white: none, batch, layer. */
export const colors = { none: '#4d4d4d', batch: '#0072b2', layer: '#c64f00' } as const

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const fixed = (value: number): string => String(Number(value.toFixed(1)))

/** A picture of a size, with its title for those who cannot see it. */
export const picture = (width: number, height: number, title: string, marks: readonly string[]): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" font-family="system-ui, sans-serif" font-size="12" fill="#222">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...marks,
    '</svg>\n',
  ].join('\n')

type Anchor = 'start' | 'middle' | 'end'

export const text = (
  x: number,
  y: number,
  what: string,
  anchor: Anchor = 'start',
  more: string = '',
): string => `<text x="${fixed(x)}" y="${fixed(y)}" text-anchor="${anchor}"${more}>${escaped(what)}</text>`

export const line = (
  points: readonly (readonly [number, number])[],
  color: string,
  more: string = '',
): string =>
  `<path d="M${points.map(([x, y]) => `${fixed(x)} ${fixed(y)}`).join('L')}" fill="none" stroke="${color}"${more}/>`

export const dot = (x: number, y: number, color: string, filled: boolean = true): string =>
  `<circle cx="${fixed(x)}" cy="${fixed(y)}" r="4" fill="${filled ? color : '#fff'}" stroke="${color}" stroke-width="1.5"/>`

/** A map from numbers to pixels, linear in the logarithm, held within its ends. */
export function logScale([from, to]: readonly [number, number], [a, b]: readonly [number, number]) {
  return (value: number): number => {
    const share = Math.log(value / from) / Math.log(to / from)
    return a + Math.min(1, Math.max(0, share)) * (b - a)
  }
}

/** Five numbers from `low` to `high`, evenly in the logarithm, of two digits. */
export const logTicks = (low: number, high: number): readonly number[] => {
  const ticks = Array.from({ length: 5 }, (_, i) => low * (high / low) ** ((i + 0.5) / 5))
  return [...new Set(ticks.map((tick) => Number(tick.toPrecision(high / low > 1.3 ? 2 : 3))))]
}
