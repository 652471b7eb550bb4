import { count, dash } from '../../core/text.ts'
import type { Findings, MeanCurve } from '../analysis/findings.ts'
import { groupedBy, only } from '../settings.ts'
import { thinned } from './chart.ts'
import { linesOf } from './color.ts'
import { domainOf, lineChart, type Series } from './line-chart.ts'
import { numeral } from './number.ts'
import { absent, type Line, type Panel, type Section, section, type Table, tableBlock } from './section.ts'
import { describeSettings, lr, normalizationsOf, schedule } from './settings.ts'

const id = 'learning-curves'
const title = 'Learning curves'

/** The training loss at the best rates: a chart for each schedule with a line for each normalization. */
export function learningCurvesSection(findings: Findings): Section {
  if (findings.curves.length === 0) return absent(id, title, 'no learning curve was kept')
  const byPanel = groupedBy(findings.curves, panelOf)
  const split = findings.curves.some((curve) => lineName(curve) !== '')
  const groups = split ? byPanel : new Map([['', [...findings.curves]]])
  const nameOf = split ? lineName : panelOf
  const lines = linesOf(findings.curves.map(nameOf), normalizationsOf(findings))
  const domain = domainOf(findings.curves.map((curve) => seriesOf(curve, lines[0]!)))
  return section(id, title, {
    type: 'figure',
    caption: 'Training loss at the best rate of each line: the mean over seeds and its 95 % band.',
    reading: '',
    key: lines.length > 1 ? lines : [],
    panels: [...groups].map(([name, curves]) => panel(name || 'All runs', curves, nameOf, lines, domain)),
  })
}

const panelOf = ({ settings }: MeanCurve): string => describeSettings(only(settings, [schedule]))

const lineName = ({ settings }: MeanCurve): string => describeSettings(settings, [schedule, lr])

const seriesOf = ({ steps, mean, low, high }: MeanCurve, line: Line): Series => ({
  ...line,
  steps,
  values: mean,
  low,
  high,
})

function panel(
  name: string,
  curves: readonly MeanCurve[],
  nameOf: (curve: MeanCurve) => string,
  lines: readonly Line[],
  domain: readonly [number, number] | undefined,
): Panel {
  const series = curves.map((curve) => seriesOf(curve, lines.find((line) => line.name === nameOf(curve))!))
  const ends = curves.map((curve) => `${heading(curve, nameOf)} ends at ${numeral(curve.mean.at(-1), 3)}`)
  const notes = curves.filter(({ settings }) => lr in settings).map((curve) => heading(curve, nameOf))
  return {
    title: name,
    description: `Training loss over steps, ${name}: ${ends.join('; ')}`,
    ...(notes.length > 0 && { note: notes.join(' · ') }),
    table: curveTable(name, curves, nameOf),
    draw: (plot) => lineChart(plot, series, 'training loss', domain),
  }
}

function heading(curve: MeanCurve, nameOf: (curve: MeanCurve) => string): string {
  const parts = [nameOf(curve), describeSettings(only(curve.settings, [lr]))]
  return parts.filter((text) => text !== '').join(', ') || 'loss'
}

function curveTable(name: string, curves: readonly MeanCurve[], nameOf: (curve: MeanCurve) => string): Table {
  const steps = thinned([...new Set(curves.flatMap((curve) => curve.steps))].sort((a, b) => a - b))
  return tableBlock(
    `Training loss, ${name}: mean (95 % interval)`,
    1,
    ['step', ...curves.map((curve) => heading(curve, nameOf))],
    steps.map((step) => [count(step), ...curves.map((curve) => entry(curve, curve.steps.indexOf(step)))]),
  )
}

function entry({ mean, low, high }: MeanCurve, at: number): string {
  if (at < 0 || !Number.isFinite(mean[at])) return dash
  return `${numeral(mean[at])} (${numeral(low[at], 3)} to ${numeral(high[at], 3)})`
}
