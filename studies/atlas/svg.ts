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

/** Round numbers 1, 2 and 5 times powers of ten between two numbers; with few of them, finer ones. */
export function logTicks(low: number, high: number): number[] {
  const of = (steps: readonly number[]): number[] =>
    Array.from({ length: 14 }, (_, i) => i - 7).flatMap((power) =>
      steps
        .map((step) => Number((step * 10 ** power).toPrecision(3)))
        .filter((tick) => tick >= low && tick <= high),
    )
  const fine = [[1], [1, 2, 5], [1, 1.5, 2, 3, 4, 5, 7], Array.from({ length: 90 }, (_, i) => 1 + i / 10)]
  return of(fine.find((steps) => of(steps).length >= 3) ?? fine[3]!)
}
