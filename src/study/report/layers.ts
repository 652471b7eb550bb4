import { count } from '../../core/text.ts'
import type { Findings, LayerCurves } from '../analysis/findings.ts'
import type { LayerCurve } from '../trial.ts'
import { thinned } from './chart.ts'
import { linesOf } from './color.ts'
import { domainOf, lineChart, type Series } from './line-chart.ts'
import { numeral } from './number.ts'
import { absent, type Figure, type Line, type Section, section, type Table, tableBlock } from './section.ts'
import { describeSettings } from './settings.ts'

const id = 'layers'
const title = 'What the layers did'
/** More could not be told apart. */
const most = { charts: 6, layers: 6 }

/** For the weight that feeds each normalized layer: its effective rate, and the angle by which a step turns it. */
export function layersSection(findings: Findings): Section {
  const watched = findings.layers.filter((one) => Object.keys(one.layers).length > 0)
  if (watched.length === 0) return absent(id, title, 'no run with a normalized layer was watched')
  const shown = thinned(watched, most.charts)
  const all = [...new Set(watched.flatMap((one) => Object.keys(one.layers)))]
  const lines = linesOf(thinned(all, most.layers))
  const left = [...part(shown, watched, 'settings'), ...part(lines, all, 'layers')].join('')
  return section(
    id,
    title,
    figure(shown, lines, rate, `Effective rate lr / ‖w‖² of the weight w that feeds each layer.${left}`),
    figure(
      shown,
      lines,
      angle,
      'Angle by which a step turns that weight, and the equilibrium to which weight decay leads, ' +
        `√(2ηλ/(1 + μ)) under SGD and √(2ηλ(1 − β₁)/(1 + β₁)) under AdamW; there is none without decay.${left}`,
    ),
  )
}

interface Quantity {
  readonly name: string
  readonly of: (curve: LayerCurve) => readonly number[]
  /** The value that it tends to, if known. */
  readonly limit: (curve: LayerCurve) => readonly number[] | undefined
}

const rate: Quantity = { name: 'effective rate', of: (curve) => curve.effectiveRate, limit: () => undefined }
const angle: Quantity = {
  name: 'angle a step (radians)',
  of: (curve) => curve.angle,
  limit: (curve) => curve.equilibrium,
}

const equilibrium: Line = { name: 'equilibrium', color: 'currentColor', dash: '2 2' }

const part = (shown: readonly unknown[], all: readonly unknown[], what: string): string[] =>
  shown.length < all.length ? [` ${shown.length} of ${all.length} ${what} are shown.`] : []

function figure(
  shown: readonly LayerCurves[],
  lines: readonly Line[],
  quantity: Quantity,
  caption: string,
): Figure {
  const floor = floorOf(shown, quantity)
  const series = shown.map((one) => [
    ...seriesOf(one, lines, quantity, floor),
    ...limits(one, quantity, floor),
  ])
  const domain = domainOf(series.flat())
  const limited = series.flat().some(({ name }) => name === equilibrium.name)
  return {
    type: 'figure',
    caption,
    reading: 'Lines end where they fall below a thousandth of the greatest.',
    key: limited ? [...lines, equilibrium] : lines,
    panels: shown.map((one, i) => ({
      title: describeSettings(one.settings, [], 'All runs'),
      description: `${quantity.name} over steps: ${ends(one, lines, quantity)}`,
      table: tableOf(one, lines, quantity),
      draw: (plot) => lineChart(plot, series[i]!, quantity.name, domain),
    })),
  }
}

/** Values below this are left out: the end of a schedule that falls to 0 would fill a logarithmic axis. */
function floorOf(shown: readonly LayerCurves[], { of }: Quantity): number {
  const all = shown.flatMap((one) => Object.values(one.layers).flatMap(of))
  return Math.max(0, ...all.filter(Number.isFinite)) / 1000
}

const above = (floor: number, values: readonly number[]): readonly number[] =>
  values.map((value) => (value > floor ? value : Number.NaN))

const seriesOf = (one: LayerCurves, lines: readonly Line[], { of }: Quantity, floor: number): Series[] =>
  lines.flatMap((line) => {
    const curve = curveOf(one, line)
    return curve ? [{ ...line, steps: curve.steps, values: above(floor, of(curve)) }] : []
  })

const curveOf = ({ layers }: LayerCurves, { name }: Line): LayerCurve | undefined =>
  Object.hasOwn(layers, name) ? layers[name] : undefined

/** The distinct limits: layers that share rate, decay and momentum share one. */
function limits(one: LayerCurves, { limit }: Quantity, floor: number): Series[] {
  const distinct = new Map(Object.values(one.layers).map((curve) => [JSON.stringify(limit(curve)), curve]))
  return [...distinct.values()].flatMap((curve) => {
    const values = limit(curve)
    return values ? [{ ...equilibrium, steps: curve.steps, values: above(floor, values) }] : []
  })
}

const ends = (one: LayerCurves, lines: readonly Line[], { of }: Quantity): string =>
  lines
    .flatMap((line) => {
      const curve = curveOf(one, line)
      const values = curve && of(curve)
      return values ? [`${line.name} from ${numeral(values[0], 3)} to ${numeral(values.at(-1), 3)}`] : []
    })
    .join('; ')

function tableOf(one: LayerCurves, lines: readonly Line[], { name, of, limit }: Quantity): Table {
  const shown = lines.filter((line) => curveOf(one, line) !== undefined)
  const curves = shown.map((line) => curveOf(one, line)!)
  const limited = curves.find((curve) => limit(curve) !== undefined)
  const columns = [
    ...curves.map((curve) => at(curve, of(curve))),
    ...(limited ? [at(limited, limit(limited)!)] : []),
  ]
  const steps = thinned([...new Set(curves.flatMap((curve) => curve.steps))].sort((a, b) => a - b))
  return tableBlock(
    `${name}, ${describeSettings(one.settings, [], 'all runs')}`,
    1,
    ['step', ...shown.map((line) => line.name), ...(limited ? [equilibrium.name] : [])],
    steps.map((step) => [count(step), ...columns.map((column) => column(step))]),
  )
}

const at =
  ({ steps }: LayerCurve, values: readonly number[]): ((step: number) => string) =>
  (step) =>
    numeral(values[steps.indexOf(step)])
