import type { Markish, PlotOptions } from '@observablehq/plot'
import { axisLabel, chartWidth, gridStyle, logTicks } from './chart.ts'
import { plain } from './number.ts'
import type { Line, Plot } from './section.ts'

/** A line in a chart: `values` over `steps`, name and colour, optionally a band from `low` to `high`. */
export interface Series extends Line {
  readonly steps: readonly number[]
  readonly values: readonly number[]
  readonly low?: readonly number[]
  readonly high?: readonly number[]
  /** Whether to draw a dot at each value, on a thin line. @default false */
  readonly dots?: boolean
}

/** Lowest and highest value of the vertical axis; undefined if there is no finite value to draw. */
export type Domain = readonly [low: number, high: number] | undefined

const size = {
  width: chartWidth,
  height: 250,
  marginLeft: 46,
  marginRight: 12,
  marginTop: 24,
  marginBottom: 38,
}

/** Least extent of an axis, and least value on a logarithmic one: smaller numbers have too few digits to be spaced. */
const leastNormal = 2 ** -1022

/** Draws lines over steps. The vertical axis is labelled `name`; it is logarithmic if `domain` is above 0. */
export function lineChart(plot: Plot, series: readonly Series[], name: string, domain: Domain): PlotOptions {
  const logarithmic = domain !== undefined && domain[0] >= leastNormal
  const ticks = logarithmic ? [...logTicks(...domain)] : 4
  const y = {
    label: name,
    labelArrow: 'none',
    ticks,
    tickFormat: plain,
    ...(domain && { domain: [...domain] }),
  } as const
  return {
    ...size,
    x: { ...axisLabel('step'), ticks: 4, zero: true },
    y: logarithmic ? { ...y, type: 'log' } : { ...y, type: 'linear', nice: true },
    marks: [plot.gridY(gridStyle(ticks)), ...marksOf(plot, series, domain)],
  }
}

/** Returns the marks of lines: below all others the bands, above all others the dots. */
function marksOf(plot: Plot, series: readonly Series[], domain: Domain): Markish[] {
  const all = series.map((one) => ({ ...one, points: pointsOf(one, domain) }))
  const place = { x: 'step', y: 'value' }
  const dotted = all.filter(({ dots, points }) => dots || points.length === 1)
  return [
    ...all
      .filter(({ low }) => low !== undefined)
      .map(({ points, color }) =>
        plot.areaY(points, { x: 'step', y1: 'low', y2: 'high', fill: color, fillOpacity: 0.18 }),
      ),
    ...all.map(({ points, color, dash, name, dots }) => {
      const style = { stroke: color, strokeDasharray: dash, strokeWidth: dots ? 1 : 1.75 }
      return plot.line(points, { ...place, ...style, title: () => name })
    }),
    ...dotted.map(({ points, color, name, dots }) => {
      const style = dots ? { stroke: 'var(--page)', r: 3.5 } : { r: 3 }
      return plot.dot(points, { ...place, ...style, fill: color, title: () => name })
    }),
  ]
}

/**
 * Returns the lowest and highest finite value of lines, as the domain of a common axis; bands are cut off there, because
 * the interval of a few seeds may reach so far that no line could be read.
 */
export function domainOf(series: readonly Series[]): Domain {
  const finite = series.flatMap(({ values }) => values).filter(Number.isFinite)
  if (finite.length === 0) return undefined
  const [low, high] = [Math.min(...finite), Math.max(...finite)]
  if (high - low >= leastNormal) return [low, high]
  const half = Math.abs(low) / 2
  return half >= leastNormal ? [low - half, high + half] : [low, high + 1]
}

/** Converts a line to points for Plot; its band is clamped to the axis; NaN values leave gaps in the line. */
function pointsOf({ steps, values, low, high }: Series, [least, most]: Domain = [0, 0]) {
  const clamp = (value = Number.NaN): number => Math.min(Math.max(value, least), most)
  return steps.map((step, i) => ({
    step,
    value: values[i] ?? Number.NaN,
    low: clamp(low?.[i]),
    high: clamp(high?.[i]),
  }))
}
