import type { Findings, LayerCurves } from '../findings.ts'
import type { LayerCurve } from '../trial.ts'
import { linesOf } from './color.ts'
import { lineChart, type Series } from './line-chart.ts'
import { count, significant } from './number.ts'
import { absent, type Line, type Panel, type Section, section, type Table, table } from './section.ts'
import { describe } from './settings.ts'
import { thinned } from './thinned.ts'

const id = 'layers'
const title = 'What the layers did'
/** More would not be told apart. */
const most = { charts: 6, layers: 6 }

/** For the weight that feeds each normalised layer: its effective rate, and by how much a step turns it. */
export function layers(findings: Findings): Section {
  const watched = findings.layers.filter((one) => Object.keys(one.layers).length > 0)
  if (watched.length === 0) return absent(id, title, 'no run with a normalised layer was watched')
  const shown = thinned(watched, most.charts)
  const names = thinned([...new Set(watched.flatMap((one) => Object.keys(one.layers)))], most.layers)
  const lines = linesOf({ ...findings, factors: {} }, names)
  const left = shown.length < watched.length ? ` ${shown.length} of ${watched.length} are shown.` : ''
  return section(
    id,
    title,
    {
      type: 'figure',
      caption: `Effective rate lr / ‖w‖² of the weight w that feeds each layer.${left}`,
      key: lines,
      panels: shown.map((one) => ratePanel(one, lines)),
    },
    {
      type: 'figure',
      caption: `Angle by which a step turns that weight; thin, the equilibrium √(2ηλ/(1 + μ)) that weight decay leads to, where there is decay.${left}`,
      key: [...lines, ...(shown.some(hasEquilibrium) ? [equilibrium] : [])],
      panels: shown.map((one) => anglePanel(one, lines)),
    },
  )
}

const equilibrium: Line = { name: 'equilibrium', color: 'currentColor', dash: '2 2' }

function hasEquilibrium(one: LayerCurves): boolean {
  return Object.values(one.layers).some((curve) => curve.equilibrium !== undefined)
}

function ratePanel(one: LayerCurves, lines: readonly Line[]): Panel {
  const name = describe(one.settings) || 'All runs'
  return {
    title: name,
    description: `Effective rate over steps, ${name}: ${ends(one, lines, 'effectiveRate')}`,
    table: layerTable(`Effective rate, ${name}`, one, lines, 'effectiveRate'),
    draw: (plot) => lineChart(plot, seriesOf(one, lines, 'effectiveRate'), 'effective rate'),
  }
}

function anglePanel(one: LayerCurves, lines: readonly Line[]): Panel {
  const name = describe(one.settings) || 'All runs'
  return {
    title: name,
    description: `Angle a step in radians, ${name}: ${ends(one, lines, 'angle')}`,
    table: layerTable(`Angle a step in radians, ${name}`, one, lines, 'angle'),
    draw: (plot) =>
      lineChart(plot, [...seriesOf(one, lines, 'angle'), ...equilibria(one)], 'angle a step (radians)'),
  }
}

type Quantity = 'effectiveRate' | 'angle'

function seriesOf(one: LayerCurves, lines: readonly Line[], quantity: Quantity): Series[] {
  return lines.flatMap((line) => {
    const curve = one.layers[line.name]
    return curve ? [{ ...line, steps: curve.steps, values: positive(curve[quantity]) }] : []
  })
}

/** A rate of 0, at a schedule's end, has no place on a logarithmic axis. */
function positive(values: readonly number[]): readonly number[] {
  return values.map((value) => (value > 0 ? value : Number.NaN))
}

/** Layers that share rate, decay and momentum share their equilibrium: each one that differs is drawn once. */
function equilibria(one: LayerCurves): Series[] {
  const curves = Object.values(one.layers).filter((curve) => curve.equilibrium !== undefined)
  const distinct = new Map(curves.map((curve) => [JSON.stringify(curve.equilibrium), curve]))
  return [...distinct.values()].map((curve) => ({
    ...equilibrium,
    steps: curve.steps,
    values: positive(curve.equilibrium!),
  }))
}

function ends(one: LayerCurves, lines: readonly Line[], quantity: Quantity): string {
  return seriesOf(one, lines, quantity)
    .map(
      ({ name, values }) => `${name} from ${significant(values[0], 3)} to ${significant(values.at(-1), 3)}`,
    )
    .join('; ')
}

function layerTable(caption: string, one: LayerCurves, lines: readonly Line[], quantity: Quantity): Table {
  const shown = lines.filter(({ name }) => name in one.layers)
  const curves = shown.map(({ name }) => one.layers[name]!)
  const steps = thinned([...new Set(curves.flatMap((curve) => curve.steps))].sort((a, b) => a - b))
  const balanced = quantity === 'angle' ? curves.find((curve) => curve.equilibrium !== undefined) : undefined
  return table(
    caption,
    1,
    ['step', ...shown.map(({ name }) => name), ...(balanced ? ['equilibrium'] : [])],
    steps.map((step) => [
      count(step),
      ...curves.map((curve) => at(curve, step, curve[quantity])),
      ...(balanced ? [at(balanced, step, balanced.equilibrium!)] : []),
    ]),
  )
}

function at({ steps }: LayerCurve, step: number, values: readonly number[]): string {
  return significant(values[steps.indexOf(step)])
}
