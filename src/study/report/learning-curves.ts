import { count, dash } from '../../core/text.ts'
import type { Band, Findings, MeanCurve } from '../analysis/findings.ts'
import { groupedBy, only } from '../settings.ts'
import { thinned } from '../thinned.ts'
import { linesOf } from './color.ts'
import { type Domain, domainOf, lineChart, type Series } from './line-chart.ts'
import { numeral } from './number.ts'
import { type Content, type Panel, type Table, tableBlock } from './section.ts'
import { describeSettings, normalizationsOf } from './settings.ts'

/**
 * Makes the report section on losses over steps: a chart for each schedule, with a training and a validation curve for
 * each normalization, at its best learning rate.
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
    return { curve, heading, series: seriesOf(curve, lines.find((line) => line.name === name)!) }
  })
  const domain = domainOf(drawn.flatMap(({ series }) => series))
  const groups = groupedBy(drawn, ({ curve }) => (split ? scheduleOf(curve) : ''))
  const validated = curves.some(({ validation }) => validation !== undefined)
  return [
    {
      type: 'figure',
      caption: `Losses at the best rate of each line: means over seeds. ${validated ? 'Lines are training losses, with a 95 % band; dots are validation losses.' : 'The band is the 95 % interval.'}`,
      reading: 'The scale of the losses is logarithmic where all are above 0.',
      key: lines.length > 1 ? lines : [],
      panels: [...groups].map(([name, group]) => panel(name || 'All runs', group, domain)),
    },
  ]
}

/** A learning curve as the lines of a chart, with a name for texts in `heading`, such as `batch, lr 0.3`. */
interface Drawn {
  readonly curve: MeanCurve
  readonly heading: string
  readonly series: readonly Series[]
}

function seriesOf(
  { steps, mean, low, high, validation }: MeanCurve,
  line: Pick<Series, 'name' | 'color' | 'dash'>,
): Series[] {
  return [
    { ...line, steps, values: mean, low, high },
    ...(validation ? [{ ...line, steps: validation.steps, values: validation.mean, dots: true }] : []),
  ]
}

function panel(name: string, curves: readonly Drawn[], domain: Domain): Panel {
  const ends = curves.map(({ heading, curve }) => {
    const validation = curve.validation ? `, validation ${numeral(curve.validation.mean.at(-1), 3)}` : ''
    return `${heading} ends at ${numeral(curve.mean.at(-1), 3)}${validation}`
  })
  const rated = curves.filter(({ curve }) => 'lr' in curve.settings).map(({ heading }) => heading)
  return {
    title: name,
    description: `Training loss over steps, ${name}: ${ends.join('; ')}`,
    ...(rated.length > 0 && { subtitle: rated.join(' · ') }),
    table: curveTable(name, curves),
    draw: (plot) =>
      lineChart(
        plot,
        curves.flatMap(({ series }) => series),
        'loss',
        domain,
      ),
  }
}

/** Returns a table of training losses at some steps, and of validation losses at the steps where they were measured. */
function curveTable(name: string, curves: readonly Drawn[]): Table {
  const columns = curves.flatMap(({ heading, curve }) => [
    { heading, band: curve as Band },
    ...(curve.validation ? [{ heading: `${heading}, validation`, band: curve.validation }] : []),
  ])
  const measured = curves.flatMap(({ curve }) => thinned(curve.validation?.steps ?? []))
  const trained = thinned([...new Set(curves.flatMap(({ curve }) => curve.steps))].sort((a, b) => a - b))
  const steps = [...new Set([...trained, ...measured])].sort((a, b) => a - b)
  return tableBlock(
    `Losses, ${name}: mean (95 % interval)`,
    1,
    ['step', ...columns.map(({ heading }) => heading)],
    steps.map((step) => [count(step), ...columns.map(({ band }) => entry(band, band.steps.indexOf(step)))]),
  )
}

function entry({ mean, low, high }: Band, at: number): string {
  if (at < 0 || !Number.isFinite(mean[at])) return dash
  return `${numeral(mean[at])} (${numeral(low[at], 3)} to ${numeral(high[at], 3)})`
}
