import type { Markish, PlotOptions } from '@observablehq/plot'
import type { parseHTML } from 'linkedom'
import { plain } from './number.ts'
import type { Chart, Plot } from './section.ts'

type Document = ReturnType<typeof parseHTML>['document']

/** Draws a chart and returns it as SVG text with a title; `id` is the prefix of its elements' ids. */
export type Draw = (chart: Chart, id: string, title?: string) => string

/**
 * Loads the drawing libraries and returns a function that draws. Plot needs a DOM document, which linkedom provides
 * outside a browser. The libraries are imported only here, so that code without charts need not load them.
 */
export async function drawing(): Promise<Draw> {
  const [plot, { parseHTML }] = await Promise.all([import('@observablehq/plot'), import('linkedom')])
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  return (chart, id, title = chart.description) => svgOf(document, plot, chart, id, title)
}

function svgOf(
  document: Document,
  plot: Plot,
  { description, draw }: Chart,
  id: string,
  title: string,
): string {
  const svg = plot.plot({ ...draw(plot), document, className: 'chart', style: { fontSize: '11px' } })
  svg.querySelector('style')?.remove()
  // ARIA allows an image no named parts, so Plot's names for its marks must go.
  for (const mark of svg.querySelectorAll('[aria-label]')) mark.removeAttribute('aria-label')
  svg.setAttribute('role', 'img')
  svg.setAttribute('aria-labelledby', `${id}-title ${id}-description`)
  const texts = { title: [`${id}-title`, title], desc: [`${id}-description`, description] } as const
  const elements = Object.entries(texts).map(([name, [id, text]]) => {
    const made = document.createElementNS('http://www.w3.org/2000/svg', name)
    made.setAttribute('id', id)
    made.textContent = text
    return made
  })
  svg.prepend(...elements)
  return svg.outerHTML
}

/** Layout of a chart with one row for each of its keys. */
interface RowChart {
  /** Width, margins and vertical axis. */
  readonly options: PlotOptions
  /** Height of a row in pixels. */
  readonly rowHeight: number
  /** Returns the marks that label the rows; none if an axis does. */
  labels(plot: Plot): Markish[]
}

/** Width of charts, in pixels, at which their texts are 11 px high: that of a phone. */
export const chartWidth = 360

/** Greatest length of a label that stands at the left of its row; if one is longer, all stand above their rows. */
const mostBeside = 16

/**
 * Lays out a chart with one row for each key in `rows`.
 *
 * @param nameOf returns the label of a row from its key. @default the key
 */
export function rowChart(rows: readonly string[], nameOf: (row: string) => string = (row) => row): RowChart {
  const axis = bandAxis(rows, nameOf)
  const margins = { width: chartWidth, marginTop: 6, marginBottom: 40 }
  if (rows.every((row) => nameOf(row).length <= mostBeside)) {
    const marginLeft = labelMargin(rows.map(nameOf))
    return { options: { ...margins, marginLeft, y: axis }, rowHeight: 24, labels: () => [] }
  }
  const text = (row: string): string => shorten(nameOf(row), 56)
  return {
    options: { ...margins, marginLeft: 8, y: { ...axis, axis: null, padding: 0.6 } },
    rowHeight: 36,
    // Outlined in the colour of the page, since grid lines run through the labels.
    labels: (plot) => {
      const outline = { fill: 'currentColor', stroke: 'var(--page)', strokeWidth: 4 }
      return [plot.text(rows, { y: plot.identity, text, frameAnchor: 'left', dx: 3, dy: -15, ...outline })]
    },
  }
}

/** Returns Plot options for an axis with one band for each key, labelled `nameOf(key)`, without tick marks. */
export const bandAxis = (
  domain: readonly string[],
  nameOf: (key: string) => string,
): NonNullable<PlotOptions['y']> => ({ type: 'band', domain, tickFormat: nameOf, tickSize: 0, label: null })

/** Returns Plot options for a horizontal axis with a centred label and no arrow. */
export const axisLabel = (label: string) => ({ label, labelAnchor: 'center', labelArrow: 'none' }) as const

/** Returns Plot options for a horizontal logarithmic axis; its default domain is the range of the data. */
export const logAxis = (
  label: string,
  domain: readonly [number, number] | undefined,
  ticks: readonly number[] | number,
) => ({ type: 'log', ...(domain && { domain }), ...axisLabel(label), ticks, tickFormat: plain }) as const

/** Returns Plot options for grid lines at an axis's ticks. */
export const gridStyle = <T>(ticks: T) => ({ stroke: 'var(--line)', strokeOpacity: 1, ticks })

/** Returns a left margin, in pixels, wide enough for these labels at 11 px, even in a font with wide letters. */
export const labelMargin = (labels: readonly string[]): number =>
  14 + 6.3 * Math.max(...labels.map((label) => label.length))

/** Shortens a chart's label to `length` characters, the last of which is then an ellipsis. */
export function shorten(text: string, length = 24): string {
  const characters = [...text]
  return characters.length > length ? `${characters.slice(0, length - 1).join('')}…` : text
}

/**
 * Returns the ticks of a logarithmic axis from `low` to `high`: at most six powers of ten in this range. If there are
 * fewer than three, adds their multiples by 2 and 5; if there are still fewer than two, all multiples by 1 to 9.
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
