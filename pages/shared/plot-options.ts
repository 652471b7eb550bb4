import type uPlot from 'uplot'
import { figure } from '../../src/core/text.ts'
import type { Line } from './line.ts'
import { logSplits } from './log-splits.ts'

/** Returns a colour of theme.css, such as `--ink`, as it is now: a canvas knows no variables. */
export type ColorOf = (name: string) => string

/** What decides how a chart is drawn, apart from its data: when it changes, the chart is made anew. */
export interface Drawing {
  readonly lines: readonly Line[]
  readonly isLog: boolean
  /** Key of the charts that share a cursor and a zoom. */
  readonly sync?: string | undefined
  readonly width: number
  readonly height: number
  readonly colorOf: ColorOf
  /** Called with the part of x that the reader selects, or with undefined for all of it. */
  readonly onZoom?: ((range: readonly [number, number] | undefined) => void) | undefined
  /** Called when the cursor moves, with the index in the chart's data; null when it leaves. */
  readonly onCursor: (index: number | null) => void
}

/** Returns a key that changes when a chart must be made anew. */
export const shapeOf = (lines: readonly Line[], ...others: readonly unknown[]): string =>
  JSON.stringify([
    lines.map(({ name, color, dash, faint, dots, band }) => [name, color, dash, faint, dots, band && 1]),
    others,
  ])

/** Returns the name of the colour of the line at a place. */
export const colorName = ({ color }: Line, place: number): string => `--series-${(color ?? place) % 7}`

export function plotOptions(drawing: Drawing): uPlot.Options {
  const { lines, isLog, sync, width, height, colorOf, onZoom, onCursor } = drawing
  return {
    width,
    height,
    padding: [8, 20, 0, 0],
    legend: { show: false },
    scales: { x: { time: false }, y: { distr: isLog ? 3 : 1, range: isLog ? logRange : paddedRange } },
    axes: [
      { ...axis(colorOf, 60), size: 28, values: (_, splits) => stepTicks(splits) },
      { ...axis(colorOf, 28), size: 58, ...(isLog && logTicks) },
    ],
    series: [{}, ...lines.flatMap((line, place) => seriesOf(line, colorOf(colorName(line, place))))],
    bands: bandsOf(lines),
    cursor: {
      drag: { x: true, y: false, setScale: false },
      focus: { prox: 24 },
      points: { size: 6 },
      ...(sync !== undefined && { sync: { key: sync } }),
      bind: {
        dblclick: () => () => {
          onZoom?.(undefined)
          return null
        },
      },
    },
    hooks: {
      setCursor: [({ cursor }) => onCursor(cursor.idx ?? null)],
      setSelect: [(plot) => select(plot, onZoom)],
    },
  }
}

function select(plot: uPlot, onZoom: Drawing['onZoom']): void {
  const { left, width } = plot.select
  if (width < 4 || onZoom === undefined) return
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
  onZoom([plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')])
}

const axis = (colorOf: ColorOf, space: number): uPlot.Axis => ({
  stroke: colorOf('--soft'),
  font: '12px system-ui, sans-serif',
  grid: { stroke: colorOf('--line'), width: 1 },
  ticks: { show: false },
  border: { show: false },
  gap: 6,
  space,
  values: (_, splits) => splits.map((value) => (value === null ? '' : tick(value))),
})

/** Formats ticks of steps, all in the same unit: `5k`, `10k`. */
function stepTicks(steps: readonly (number | null)[]): string[] {
  const most = Math.max(...steps.map((step) => step ?? 0))
  const [unit, name] = most >= 1e6 ? [1e6, 'M'] : most >= 1e4 ? [1e3, 'k'] : [1, '']
  return steps.map((step) => (step ? `${figure(step / unit, 4)}${name}` : step === 0 ? '0' : ''))
}

/** Formats the value of a tick: large ones as `20k`, small ones as `1e-4`. */
const tick = (value: number): string =>
  Math.abs(value) >= 1e4 && Math.abs(value) < 1e9
    ? value >= 1e6
      ? `${figure(value / 1e6, 4)}M`
      : `${figure(value / 1e3, 4)}k`
    : figure(value, 6)

function seriesOf({ name, dash, faint, band, dots }: Line, color: string): uPlot.Series[] {
  const line: uPlot.Series = {
    label: name,
    stroke: color,
    width: dots ? 0 : faint ? 1 : 1.75,
    alpha: faint ? 0.28 : 1,
    spanGaps: false,
    points: dots ? { show: true, size: 5, fill: color } : { show: pointsWhereFew },
    ...(dash && { dash: [...dash] }),
  }
  const edge = { stroke: 'transparent', points: { show: false } }
  return band ? [line, edge, edge].map((one) => ({ ...one })) : [line]
}

/** Whether to mark each value: of a line of one or few values, nothing else would be seen. */
const pointsWhereFew = (plot: uPlot, series: number): boolean => {
  const values = plot.data[series]!
  let count = 0
  for (let i = 0; i < values.length && count < 12; i++) if (values[i] != null) count++
  return count < 12
}

function bandsOf(lines: readonly Line[]): uPlot.Band[] {
  let column = 1
  return lines.flatMap((line) => {
    const low = column + 1
    column += line.band ? 3 : 1
    return line.band ? [{ series: [low + 1, low], fill: bandFill(column - 3) }] : []
  })
}

const bandFill =
  (series: number): uPlot.Band.Fill =>
  (plot) => {
    const { stroke } = plot.series[series]!
    const color = typeof stroke === 'function' ? stroke(plot, series) : stroke
    return `color-mix(in srgb, ${String(color)} 18%, transparent)`
  }

function paddedRange(_: uPlot, low: number | null, high: number | null): uPlot.Range.MinMax {
  if (low === null || high === null) return [0, 1]
  const pad = low === high ? Math.abs(low) / 10 || 1 : 0.06 * (high - low)
  return [low >= 0 && low - pad < 0 ? 0 : low - pad, high + pad]
}

/** Ticks of a logarithmic axis: uPlot's own expect it to begin and end with a power of ten. */
const logTicks: uPlot.Axis = {
  splits: (_, __, min, max) => logSplits(min, max),
  filter: (_, splits) => splits,
}

/** Range of a logarithmic axis: the values, and a little more; whole decades would leave most of a chart empty. */
function logRange(_: uPlot, low: number | null, high: number | null): uPlot.Range.MinMax {
  if (low === null || high === null || low <= 0) return [0.1, 1]
  const pad = low === high ? 2 : (high / low) ** 0.06
  return [low / pad, high * pad]
}
