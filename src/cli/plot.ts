import { figure } from '../core/text.ts'
import { painted } from './output.ts'

/** A curve to plot: its label, and a value for each step from step 0. */
export interface PlotSeries {
  readonly label: string
  readonly values: readonly number[]
}

interface PlotOptions {
  /** Width of the whole plot in characters, including the vertical axis. */
  readonly columns: number
  readonly color: boolean
  /** Labels of the horizontal axis, below the first and the last value. @default their step numbers */
  readonly ends?: readonly [first: string, last: string]
}

/** The lowest and the highest of some values, such as those on the vertical axis. */
interface Extent {
  readonly low: number
  readonly high: number
}

const rows = 15
const marks = ['●', '+', '×', '○', '▲', '■', '◇', '#']
const colors = [36, 33, 35, 32, 31, 34, 96, 93]

/**
 * Draws curves as text, with axes and a legend: a single curve in braille characters of 2 × 4 dots; several
 * curves each with a different mark, so that they can be told apart even without colour.
 */
export function plot(series: readonly PlotSeries[], options: PlotOptions): string {
  const { columns, color } = options
  const extent = extentOf(series)
  const labels = [extent.high, (extent.high + extent.low) / 2, extent.low].map((value) => figure(value, 4))
  const margin = Math.max(...labels.map((label) => label.length)) + 1
  const width = Math.max(columns - margin - 2, 10)
  const cells =
    series.length === 1 ? braille(series[0]!, extent, width) : marked(series, extent, width, color)
  const middle = Math.floor((rows - 1) / 2)
  const lines = cells.map((line, row) => {
    const label = row === 0 ? labels[0] : row === middle ? labels[1] : row === rows - 1 ? labels[2] : ''
    return `${label!.padStart(margin)} ${label === '' ? '│' : '┤'}${line}`.trimEnd()
  })
  const [first, last] = options.ends ?? ['0', `step ${Math.max(...series.map((s) => s.values.length)) - 1}`]
  const axis = `${' '.repeat(margin)} └${'─'.repeat(width)}`
  const steps = `${' '.repeat(margin + 2)}${first}${last.padStart(width - first.length)}`
  const legend = series.map(({ label }, i) => {
    return `${' '.repeat(margin + 2)}${series.length === 1 ? '' : `${markOf(i, color)} `}${label}`
  })
  return `${[...lines, axis, steps, ...legend].join('\n')}\n`
}

/** Returns the vertical axis's range: all values, and also 0 if the lowest is from 0 to half the highest. */
export function extentOf(series: readonly PlotSeries[]): Extent {
  const all = series.flatMap(({ values }) => [least(values), -least(values.map((v) => -v))])
  const [lowest, highest] = [Math.min(...all), Math.max(...all)]
  const low = lowest > 0 && lowest < highest / 2 ? 0 : lowest
  if (highest > low) return { low, high: highest }
  return highest === 0 ? { low: 0, high: 1 } : { low: Math.min(0, 2 * low), high: Math.max(0, 2 * highest) }
}

/** Returns a curve's lowest and highest value in each of `width` sections, which share their end steps. */
export function envelope(values: readonly number[], width: number): Extent[] {
  const scale = width > 1 ? (values.length - 1) / (width - 1) : 0
  return Array.from({ length: width }, (_, column) => {
    const first = Math.floor(column * scale)
    const last = Math.min(Math.max(Math.floor((column + 1) * scale), first), values.length - 1)
    const part = values.slice(first, last + 1)
    return { low: least(part), high: -least(part.map((value) => -value)) }
  })
}

/** Bit masks of the 2 × 4 dots of a braille character, row by row from the top, left dot first. */
const dots = [0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80]

function braille({ values }: PlotSeries, extent: Extent, width: number): string[] {
  const bits = Array.from({ length: rows }, () => new Array<number>(width).fill(0))
  envelope(values, width * 2).forEach(({ low, high }, x) => {
    for (let y = rowOf(high, extent, rows * 4); y <= rowOf(low, extent, rows * 4); y++) {
      bits[y >> 2]![x >> 1]! |= dots[(y & 3) * 2 + (x & 1)]!
    }
  })
  return bits.map((row) =>
    row.map((cell) => (cell === 0 ? ' ' : String.fromCharCode(0x2800 + cell))).join(''),
  )
}

function marked(series: readonly PlotSeries[], extent: Extent, width: number, color: boolean): string[] {
  const cells = Array.from({ length: rows }, () => new Array<string>(width).fill(' '))
  const longest = Math.max(...series.map(({ values }) => values.length))
  series.forEach(({ values }, i) => {
    envelope(values, Math.max(1, Math.round((width * values.length) / longest))).forEach(
      ({ low, high }, x) => {
        for (let y = rowOf(high, extent, rows); y <= rowOf(low, extent, rows); y++)
          cells[y]![x] = markOf(i, color)
      },
    )
  })
  return cells.map((row) => row.join(''))
}

function markOf(i: number, color: boolean): string {
  const mark = marks[i % marks.length]!
  return color ? painted(mark, colors[i % colors.length]!) : mark
}

/** Returns the row of the plot in which a value is drawn, counted from 0 at the top. */
function rowOf(value: number, { low, high }: Extent, rows: number): number {
  const row = Math.round(((high - value) / (high - low)) * (rows - 1))
  return Math.min(Math.max(row, 0), rows - 1)
}

const least = (values: readonly number[]): number =>
  values.reduce((least, value) => Math.min(least, value), Infinity)
