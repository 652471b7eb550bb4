import type { PlotOptions } from '@observablehq/plot'
import { gridStyle, logTicks } from './chart.ts'
import { plain } from './number.ts'
import type { Line, Plot } from './section.ts'

/** A line in a chart: `values` over `steps`, name and colour, optionally a band from `low` to `high`. */
export interface Series extends Line {
  readonly steps: readonly number[]
  readonly values: readonly number[]
  readonly low?: readonly number[]
  readonly high?: readonly number[]
}

/** Lowest and highest value of the vertical axis; undefined if there is no finite value to draw. */
export type Domain = readonly [low: number, high: number] | undefined

const size = { width: 368, height: 236, marginLeft: 50, marginRight: 14, marginTop: 26, marginBottom: 36 }

/** Draws lines over steps. The vertical axis is labelled `name`; it is logarithmic if `domain` is above 0. */
export function lineChart(plot: Plot, series: readonly Series[], name: string, domain: Domain): PlotOptions {
  const logarithmic = domain !== undefined && domain[0] > 0
  const ticks = logarithmic ? [...logTicks(...domain)] : 4
  const y = { label: name, ticks, tickFormat: plain, ...(domain && { domain: [...domain] }) }
  const all = series.map((one) => ({ ...one, points: pointsOf(one, domain) }))
  const place = { x: 'step', y: 'value' }
  return {
    ...size,
    x: { label: 'step', labelAnchor: 'right', ticks: 4, zero: true },
    y: logarithmic ? { ...y, type: 'log' } : { ...y, type: 'linear', nice: true },
    marks: [
      plot.gridY(gridStyle(ticks)),
      ...all
        .filter(({ low }) => low !== undefined)
        .map(({ points, color }) =>
          plot.areaY(points, { x: 'step', y1: 'low', y2: 'high', fill: color, fillOpacity: 0.18 }),
        ),
      ...all.map(({ points, color, dash, name }) => {
        const style = { stroke: color, strokeDasharray: dash, strokeWidth: 1.75 }
        return plot.line(points, { ...place, ...style, title: () => name })
      }),
      ...all
        .filter(({ points }) => points.length === 1)
        .map(({ points, color }) => plot.dot(points, { ...place, fill: color, r: 3 })),
    ],
  }
}

/** Returns the lowest and highest finite value of lines and their bands, as the domain of a common axis. */
export function domainOf(series: readonly Series[]): Domain {
  const all = series.flatMap(({ values, low, high }) => [...values, ...(low ?? []), ...(high ?? [])])
  const finite = all.filter(Number.isFinite)
  if (finite.length === 0) return undefined
  const [low, high] = [Math.min(...finite), Math.max(...finite)]
  return low === high ? [low - Math.abs(low) / 2, high + Math.abs(high) / 2 || 1] : [low, high]
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
