import type { PlotOptions } from '@observablehq/plot'
import type { parseHTML } from 'linkedom'
import { plain } from './number.ts'
import type { Chart, Plot } from './section.ts'

type Document = ReturnType<typeof parseHTML>['document']
type Node = ReturnType<Document['createElementNS']>

/** Draws a chart as the text of an SVG image with a name and a description. */
export type Draw = (chart: Chart, id: string, title?: string) => string

/**
 * Loads the drawing libraries. Plot draws into a document; outside a browser linkedom provides one.
 *
 * Both are loaded here rather than at the top, so that nothing else waits for them.
 */
export async function drawing(): Promise<{ readonly draw: Draw; readonly plot: Plot }> {
  const [plot, { parseHTML }] = await Promise.all([import('@observablehq/plot'), import('linkedom')])
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  return { plot, draw: (chart, id, title = '') => named(document, plot, chart, id, title) }
}

function named(document: Document, plot: Plot, chart: Chart, id: string, title: string): string {
  const options = chart.draw(plot)
  const svg = plot.plot({ ...options, document, className: 'chart', style: { fontSize: '11px' } })
  svg.querySelector('style')?.remove()
  // ARIA allows an image no named parts, so Plot's names for its marks must go.
  for (const mark of svg.querySelectorAll('[aria-label]')) mark.removeAttribute('aria-label')
  svg.setAttribute('role', 'img')
  svg.setAttribute('aria-labelledby', `${id}-title ${id}-description`)
  svg.prepend(
    element(document, 'title', `${id}-title`, title || chart.description),
    element(document, 'desc', `${id}-description`, chart.description),
  )
  return svg.outerHTML
}

function element(document: Document, name: string, id: string, text: string): Node {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name)
  made.setAttribute('id', id)
  made.textContent = text
  return made
}

/** Size, margins and vertical axis of a chart with one row for each key. @param nameOf the row's label */
export const rowChart = (rows: readonly string[], nameOf: (row: string) => string): PlotOptions => ({
  width: 440,
  marginLeft: labelMargin(rows.map(nameOf)),
  marginTop: 8,
  marginBottom: 40,
  y: bandAxis(rows, nameOf),
})

/** An axis with one place for each key, without tick marks. */
export const bandAxis = <Key extends string>(
  keys: readonly Key[],
  nameOf: (key: Key) => string,
): NonNullable<PlotOptions['y']> => ({
  type: 'band',
  domain: keys,
  tickFormat: nameOf,
  tickSize: 0,
  label: null,
})

/** The centred name of a horizontal axis. */
export const axisLabel = (label: string) => ({ label, labelAnchor: 'center', labelArrow: 'none' }) as const

/** A logarithmic axis over a domain, if there is one. */
export const logAxis = (
  label: string,
  domain: readonly [number, number] | undefined,
  ticks: readonly number[] | number,
) =>
  ({
    type: 'log',
    ...(domain && { domain }),
    ...axisLabel(label),
    ticks,
    tickFormat: plain,
  }) as const

/** The left margin that labels need, in pixels: enough for wide letters of 11 px in any font. */
export const labelMargin = (labels: readonly string[]): number =>
  14 + 6.3 * Math.max(...labels.map((label) => label.length))

/**
 * The ticks of a logarithmic axis: powers of ten, or their multiples by 1, 2 and 5 or by 1 to 9, whichever
 * first gives two ticks; at most six powers of ten.
 */
export function logTicks(low: number, high: number): readonly number[] {
  const first = Math.floor(Math.log10(low))
  const decades = Array.from({ length: Math.floor(Math.log10(high)) - first + 1 }, (_, i) => first + i)
  const among = (factors: readonly number[]): number[] =>
    decades
      .flatMap((power) => factors.map((factor) => Number(`${factor}e${power}`)))
      .filter((tick) => tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9))
  const tens = among([1])
  if (tens.length > 2) return tens.filter((_, i) => (tens.length - 1 - i) % Math.ceil(tens.length / 6) === 0)
  const some = among([1, 2, 5])
  return some.length > 1 ? some : among([1, 2, 3, 4, 5, 6, 7, 8, 9])
}

/** At most `most` of some things, evenly spaced, including the first and the last. */
export function thinned<T>(things: readonly T[], most = 11): readonly T[] {
  if (things.length <= most) return things
  const at = (i: number): number => Math.round((i * (things.length - 1)) / (most - 1))
  return Array.from({ length: most }, (_, i) => things[at(i)]!)
}
