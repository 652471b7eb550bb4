import type { PlotOptions, ScaleOptions } from '@observablehq/plot'
import { logTicks } from './chart.ts'
import { plain } from './number.ts'
import type { Line, Plot } from './section.ts'

/** A series of numbers over steps, possibly with a band. */
export interface Series extends Line {
  readonly steps: readonly number[]
  readonly values: readonly number[]
  readonly low?: readonly number[]
  readonly high?: readonly number[]
}

interface Point {
  readonly step: number
  readonly value: number
  readonly low: number
  readonly high: number
}

/**
 * Lines over steps, on a logarithmic axis if all values are above 0, else on a linear one.
 *
 * @param domain range of the values, if several charts share it
 */
export function lineChart(
  plot: Plot,
  series: readonly Series[],
  name: string,
  domain: readonly [number, number] | undefined = domainOf(series),
): PlotOptions {
  const points = series.map((one) => ({ ...one, points: pointsOf(one, domain) }))
  return {
    width: 368,
    height: 236,
    marginLeft: 50,
    marginRight: 14,
    marginTop: 26,
    marginBottom: 36,
    x: { label: 'step', labelAnchor: 'right', ticks: 4, zero: true },
    y: yScale(name, domain),
    marks: [
      plot.gridY({ stroke: 'var(--line)', strokeOpacity: 1, ticks: ticksOf(domain) }),
      ...points.flatMap((one) => (one.low ? [bandOf(plot, one)] : [])),
      ...points.map((one) => lineOf(plot, one)),
      ...points.flatMap((one) => (one.points.length === 1 ? [dotOf(plot, one)] : [])),
    ],
  }
}

/** The range of series and their bands; undefined if no number is finite. */
export function domainOf(series: readonly Series[]): readonly [number, number] | undefined {
  const all = series.flatMap(({ values, low, high }) => [...values, ...(low ?? []), ...(high ?? [])])
  const finite = all.filter(Number.isFinite)
  if (finite.length === 0) return undefined
  const [low, high] = [Math.min(...finite), Math.max(...finite)]
  return low === high ? [low - Math.abs(low) / 2, high + Math.abs(high) / 2 || 1] : [low, high]
}

function yScale(name: string, domain: readonly [number, number] | undefined): ScaleOptions {
  const shared = {
    label: name,
    ticks: ticksOf(domain),
    tickFormat: plain,
    ...(domain && { domain: [...domain] }),
  }
  return isLogarithmic(domain) ? { ...shared, type: 'log' } : { ...shared, type: 'linear', nice: true }
}

const ticksOf = (domain: readonly [number, number] | undefined): number[] | number =>
  domain !== undefined && isLogarithmic(domain) ? [...logTicks(...domain)] : 4

const isLogarithmic = (domain: readonly [number, number] | undefined): boolean =>
  domain !== undefined && domain[0] > 0

/** The points of a series; numbers that are not finite leave a gap. */
function pointsOf(
  { steps, values, low, high }: Series,
  domain: readonly [number, number] | undefined,
): Point[] {
  const [least, most] = domain ?? [0, 0]
  const clamp = (value: number): number => Math.min(Math.max(value, least), most)
  return steps.map((step, i) => ({
    step,
    value: values[i] ?? Number.NaN,
    low: clamp(low?.[i] ?? Number.NaN),
    high: clamp(high?.[i] ?? Number.NaN),
  }))
}

type Drawn = Line & { readonly points: readonly Point[] }

const bandOf = (plot: Plot, { points, color }: Drawn): ReturnType<Plot['areaY']> =>
  plot.areaY(points, { x: 'step', y1: 'low', y2: 'high', fill: color, fillOpacity: 0.18 })

function lineOf(plot: Plot, { points, color, dash, name }: Drawn): ReturnType<Plot['line']> {
  const style = { stroke: color, strokeDasharray: dash, strokeWidth: 1.75 }
  return plot.line(points, { x: 'step', y: 'value', ...style, title: () => name })
}

const dotOf = (plot: Plot, { points, color }: Drawn): ReturnType<Plot['dot']> =>
  plot.dot(points, { x: 'step', y: 'value', fill: color, r: 3 })
