import { count, dash } from '../../core/text.ts'
import type { Findings, MeanCurve } from '../analysis/findings.ts'
import { groupedBy, only } from '../settings.ts'
import { thinned } from './chart.ts'
import { linesOf } from './color.ts'
import { type Domain, domainOf, lineChart, type Series } from './line-chart.ts'
import { numeral } from './number.ts'
import { type Content, type Panel, type Table, tableBlock } from './section.ts'
import { describeSettings, normalizationsOf } from './settings.ts'

/**
 * Makes the report section on training losses over steps: a chart for each schedule, with a line for each
 * normalization, at its best learning rate.
 */
export function learningCurvesSection(findings: Findings): Content {
  const { curves } = findings
  if (curves.length === 0) return 'no learning curve was kept'
  const scheduleOf = ({ settings }: MeanCurve): string => describeSettings(only(settings, ['schedule']))
  const othersOf = ({ settings }: MeanCurve): string => describeSettings(settings, ['schedule', 'lr'])
  // Without other factors, one chart has a line for each schedule.
  const split = curves.some((curve) => othersOf(curve) !== '')
  const nameOf = split ? othersOf : scheduleOf
  const lines = linesOf(curves.map(nameOf), normalizationsOf(findings))
  const drawn = curves.map((curve): Drawn => {
    const name = nameOf(curve)
    const rate = describeSettings(only(curve.settings, ['lr']))
    const heading = [name, rate].filter((text) => text !== '').join(', ') || 'loss'
    const line = lines.find((line) => line.name === name)!
    return { ...line, ...curve, values: curve.mean, heading }
  })
  const domain = domainOf(drawn)
  const groups = groupedBy(drawn, (curve) => (split ? scheduleOf(curve) : ''))
  return [
    {
      type: 'figure',
      caption: 'Training loss at the best rate of each line: the mean over seeds and its 95 % band.',
      reading: '',
      key: lines.length > 1 ? lines : [],
      panels: [...groups].map(([name, group]) => panel(name || 'All runs', group, domain)),
    },
  ]
}

/** A learning curve with its colour and dashes, and in `heading` a name for texts, such as `batch, lr 0.3`. */
type Drawn = MeanCurve & Series & { readonly heading: string }

function panel(name: string, curves: readonly Drawn[], domain: Domain): Panel {
  const ends = curves.map(({ heading, mean }) => `${heading} ends at ${numeral(mean.at(-1), 3)}`)
  const rated = curves.filter(({ settings }) => 'lr' in settings).map(({ heading }) => heading)
  return {
    title: name,
    description: `Training loss over steps, ${name}: ${ends.join('; ')}`,
    ...(rated.length > 0 && { subtitle: rated.join(' · ') }),
    table: curveTable(name, curves),
    draw: (plot) => lineChart(plot, curves, 'training loss', domain),
  }
}

function curveTable(name: string, curves: readonly Drawn[]): Table {
  const steps = thinned([...new Set(curves.flatMap((curve) => curve.steps))].sort((a, b) => a - b))
  return tableBlock(
    `Training loss, ${name}: mean (95 % interval)`,
    1,
    ['step', ...curves.map(({ heading }) => heading)],
    steps.map((step) => [count(step), ...curves.map((curve) => entry(curve, curve.steps.indexOf(step)))]),
  )
}

function entry({ mean, low, high }: MeanCurve, at: number): string {
  if (at < 0 || !Number.isFinite(mean[at])) return dash
  return `${numeral(mean[at])} (${numeral(low[at], 3)} to ${numeral(high[at], 3)})`
}
