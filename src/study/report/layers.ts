import { count } from '../../core/text.ts'
import type { Findings, LayerCurves } from '../analysis/findings.ts'
import { thinned } from '../thinned.ts'
import type { LayerCurve } from '../trial.ts'
import { linesOf } from './color.ts'
import { domainOf, lineChart, type Series } from './line-chart.ts'
import { numeral } from './number.ts'
import { type Content, type Figure, type Line, type Table, tableBlock } from './section.ts'
import { describeSettings } from './settings.ts'

/** Maximum number of charts and of lines (`layers`) in each chart; more lines could not be told apart. */
const most = { charts: 6, layers: 6 }

/**
 * Makes the report section on how layers trained: charts over steps, for the weight w before each batch
 * normalization, of lr / ‖w‖² and of the angle by which a step turns w.
 */
export function layersSection(findings: Findings): Content {
  const watched = findings.layers.filter((one) => Object.keys(one.layers).length > 0)
  if (watched.length === 0) return 'no run with a normalized layer was watched'
  const shown = thinned(watched, most.charts)
  const all = [...new Set(watched.flatMap((one) => Object.keys(one.layers)))]
  const lines = linesOf(thinned(all, most.layers))
  const left = omission(shown, watched, 'settings') + omission(lines, all, 'layers')
  return [
    figure(shown, lines, rate, `Effective rate lr / ‖w‖² of the weight w that feeds each layer.${left}`),
    figure(
      shown,
      lines,
      angle,
      'Angle by which a step turns that weight, and the equilibrium to which weight decay leads, ' +
        `√(2ηλ/(1 + μ)) under SGD and √(2ηλ(1 − β₁)/(1 + β₁)) under AdamW; there is none without decay.${left}`,
    ),
  ]
}

interface Quantity {
  readonly name: string
  readonly of: 'effectiveRate' | 'angle'
  /** Name of the field of `LayerCurve` that has the limit of this quantity at each step; absent if unknown. */
  readonly limit?: 'equilibrium'
}

const rate: Quantity = { name: 'effective rate', of: 'effectiveRate' }
const angle: Quantity = { name: 'angle a step (radians)', of: 'angle', limit: 'equilibrium' }

const equilibrium: Line = { name: 'equilibrium', color: 'currentColor', dash: '2 2' }

const omission = (shown: readonly unknown[], all: readonly unknown[], what: string): string =>
  shown.length < all.length ? ` ${shown.length} of ${all.length} ${what} are shown.` : ''

function figure(
  shown: readonly LayerCurves[],
  lines: readonly Line[],
  quantity: Quantity,
  caption: string,
): Figure {
  const { name, of } = quantity
  const values = shown.flatMap((one) => Object.values(one.layers).flatMap((curve) => curve[of]))
  const floor = Math.max(0, ...values.filter(Number.isFinite)) / 1000
  const panels = shown.map(({ settings, layers }) => {
    const drawn = lines.flatMap((line): Series[] => {
      const curve = Object.hasOwn(layers, line.name) ? layers[line.name] : undefined
      return curve ? [{ ...line, steps: curve.steps, values: curve[of] }] : []
    })
    return { settings, drawn, limits: limitsOf(Object.values(layers), quantity) }
  })
  const series = panels.map(({ drawn, limits }) => [...drawn, ...limits].map((one) => cut(one, floor)))
  const domain = domainOf(series.flat())
  return {
    type: 'figure',
    caption,
    reading: 'Lines end where they fall below a thousandth of the greatest.',
    key: panels.some(({ limits }) => limits.length > 0) ? [...lines, equilibrium] : lines,
    panels: panels.map(({ settings, drawn, limits }, i) => ({
      title: describeSettings(settings, [], 'All runs'),
      description: `${name} over steps: ${drawn.map(ends).join('; ')}`,
      table: tableOf(`${name}, ${describeSettings(settings, [], 'all runs')}`, drawn, limits),
      draw: (plot) => lineChart(plot, series[i]!, name, domain),
    })),
  }
}

/** Returns curves of the limits that a quantity approaches in the layers; a limit that layers share is listed once. */
function limitsOf(curves: readonly LayerCurve[], { limit }: Quantity): Series[] {
  const series = curves.flatMap((curve) => {
    const values = limit && curve[limit]
    return values ? [{ ...equilibrium, steps: curve.steps, values }] : []
  })
  return [...new Map(series.map((one) => [JSON.stringify(one.values), one])).values()]
}

/** Replaces values ≤ `floor` by NaN: near 0, as at a schedule's end, they would stretch a logarithmic axis. */
const cut = (series: Series, floor: number): Series => ({
  ...series,
  values: series.values.map((value) => (value > floor ? value : Number.NaN)),
})

const ends = ({ name, values }: Series): string =>
  `${name} from ${numeral(values[0], 3)} to ${numeral(values.at(-1), 3)}`

function tableOf(caption: string, drawn: readonly Series[], limits: readonly Series[]): Table {
  const columns = [...drawn, ...limits.slice(0, 1)]
  const steps = thinned([...new Set(drawn.flatMap((one) => one.steps))].sort((a, b) => a - b))
  return tableBlock(
    caption,
    1,
    ['step', ...columns.map(({ name }) => name)],
    steps.map((step) => [
      count(step),
      ...columns.map(({ steps, values }) => numeral(values[steps.indexOf(step)])),
    ]),
  )
}
