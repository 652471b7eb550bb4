import { figure, visible } from '../core/text.ts'
import { envelope, extentOf, type PlotSeries } from './plot.ts'

/** One plot of an image: curves drawn on common axes. */
export interface PlotPanel {
  readonly title: string
  readonly series: readonly PlotSeries[]
  /** Title of the horizontal axis, and `tick`, which returns a tick's label at a step. @default steps */
  readonly axis?: { readonly title: string; readonly tick: (step: number) => string }
}

const stepAxis = { title: 'step', tick: String }

const [width, height] = [800, 360]
const [left, right, top] = [70, 20, 40]
const plotHeight = 240
const colors = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000']
const dashes = ['', '8 4', '2 3', '10 3 2 3']

/** Draws panels (plots), one below the other, with titles, axes and legends, as a self-contained SVG image. */
export function svg(title: string, panels: readonly PlotPanel[]): string {
  const heights = panels.map(({ series }) => height + 18 * Math.max(series.length - 1, 0))
  const total = heights.reduce((sum, h) => sum + h, 0)
  let offset = 0
  const bodies = panels.map((panel, i) => {
    const body = `<g transform="translate(0 ${offset})">\n${draw(panel)}\n</g>`
    offset += heights[i]!
    return body
  })
  const open = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${total}" role="img"`
  const style = 'font-family="system-ui, sans-serif" font-size="12" fill="#222"'
  const paper = `<rect width="${width}" height="${total}" fill="#fff"/>`
  return [`${open} ${style}>`, `<title>${escapeXml(title)}</title>`, paper, ...bodies, '</svg>\n'].join('\n')
}

function draw({ title, series, axis = stepAxis }: PlotPanel): string {
  const { low, high } = extentOf(series)
  const last = Math.max(...series.map(({ values }) => values.length - 1), 1)
  const x = (step: number) => left + (step / last) * (width - left - right)
  const y = (value: number) => top + ((high - value) / (high - low)) * plotHeight
  const bottom = top + plotHeight
  const yTicks = roundTicks(low, high).map((value) => {
    const line = `<path d="M${left} ${round(y(value))}H${width - right}" stroke="#ddd"/>`
    return `${line}<text x="${left - 8}" y="${round(y(value) + 4)}" text-anchor="end">${figure(value, 4)}</text>`
  })
  const xTicks = roundTicks(0, last, 1).map((step) => {
    return `<text x="${round(x(step))}" y="${bottom + 18}" text-anchor="middle">${escapeXml(axis.tick(step))}</text>`
  })
  return [
    `<text x="${left}" y="24" font-size="15">${escapeXml(title)}</text>`,
    ...yTicks,
    ...xTicks,
    `<text x="${(left + width - right) / 2}" y="${bottom + 36}" text-anchor="middle">${escapeXml(axis.title)}</text>`,
    `<path d="M${left} ${top}V${bottom}H${width - right}" fill="none" stroke="#222"/>`,
    ...series.map((one, i) => `<path d="${path(one, x, y)}" fill="none" ${pen(one)} ${stroke(i)}/>`),
    ...series.map((one, i) => legend(one.label, i, bottom + 56 + 18 * i)),
  ].join('\n')
}

/** Returns at most six numbers from `low` to `high`, apart by 1, 2 or 5 times a power of ten. @param least distance */
function roundTicks(low: number, high: number, least: number = 0): number[] {
  const wanted = (high - low) / 5
  const power = 10 ** Math.floor(Math.log10(wanted))
  const apart = Math.max(least, [1, 2, 5, 10].map((times) => times * power).find((one) => one >= wanted)!)
  const [first, last] = [Math.ceil(low / apart - 1e-9), Math.floor(high / apart + 1e-9)]
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * apart).toPrecision(12)))
}

/** Returns a curve's SVG path: through all steps or, if there are many, the extremes in each pixel column. */
function path({ values }: PlotSeries, x: (step: number) => number, y: (value: number) => number): string {
  const pixels = width - left - right
  const scale = (values.length - 1) / (pixels - 1)
  const points =
    values.length <= 2 * pixels
      ? values.map((value, step) => [x(step), y(value)] as const)
      : envelope(values, pixels).flatMap(({ low, high }, column) => {
          return [...new Set([high, low])].map((value) => [x(column * scale), y(value)] as const)
        })
  const drawn = points.map(([px, py], i) => `${i === 0 ? 'M' : 'L'}${round(px)} ${round(py)}`).join('')
  return points.length === 1 ? `${drawn}h0` : drawn
}

/** A curve of a single value is a dot: a line without length, with round ends. */
const pen = ({ values }: PlotSeries): string =>
  values.length > 1 ? 'stroke-width="1.5"' : 'stroke-width="6" stroke-linecap="round"'

function legend(label: string, i: number, y: number): string {
  const line = `<path d="M${left} ${y - 4}h28" stroke-width="2" ${stroke(i)}/>`
  return `${line}<text x="${left + 36}" y="${y}">${escapeXml(label)}</text>`
}

function stroke(i: number): string {
  const dash = dashes[Math.floor(i / colors.length) % dashes.length] || dashes[i % dashes.length]
  return `stroke="${colors[i % colors.length]}"${dash === '' ? '' : ` stroke-dasharray="${dash}"`}`
}

const round = (value: number): number => Math.round(value * 100) / 100

const escapeXml = (text: string): string =>
  visible(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
