import type { PlotOptions } from '@observablehq/plot'
import type { Comparison, Findings } from '../analysis/findings.ts'
import { only, valueKey } from '../settings.ts'
import { axisLabel, rowChart } from './chart.ts'
import { interval, numeral, plain, probability } from './number.ts'
import { absent, type Plot, type Section, section, tableBlock } from './section.ts'
import { describeSettings, label, shorten } from './settings.ts'

const id = 'comparisons'
const title = 'Comparisons'

/** Cells compared with each other, seed by seed. */
export function comparisonsSection(findings: Findings): Section {
  const { comparisons, metric } = findings
  if (comparisons.length === 0) return absent(id, title, 'nothing was tried on the same seeds to be compared')
  const better = metric.goal === 'max' ? 'above 0, a is better' : 'below 0, a is better'
  const shown = comparisons.filter(({ adjusted }) => adjusted < 0.05).length
  const table = tableBlock(
    `Differences a − b in ${metric.name}; ${better}`,
    2,
    ['a', 'b', 'a − b', '95 % interval', 'seeds', 'p', 'adjusted p', 'verdict'],
    comparisons.map(rowOf),
  )
  return section(id, title, {
    type: 'figure',
    caption:
      `Differences a − b in ${metric.name}, seed by seed, with 95 % intervals: ${better}. ` +
      `${shown} of ${comparisons.length} have p < 0.05 once corrected for all comparisons of the study.`,
    reading:
      'Those are filled. An interval is that of its difference by itself; only p is corrected, so that an ' +
      'interval may leave 0 out where no difference is shown.',
    panels: [
      {
        title: 'a − b',
        description: `Differences in ${metric.name} with intervals; ${better}`,
        table: { ...table, open: true },
        draw: (plot) => forest(plot, comparisons, metric.name),
      },
    ],
  })
}

const rowOf = (one: Comparison): readonly string[] => [
  describeSettings(one.a),
  describeSettings(one.b),
  numeral(one.difference.value, 3),
  interval(one.difference, 3),
  String(one.seeds),
  probability(one.p),
  probability(one.adjusted),
  one.verdict,
]

/** `batch − none, cosine`: the values compared, and the settings they share; the table has the others. */
function nameOf({ a, b, factor }: Comparison): string {
  const same = Object.keys(a).filter((name) => valueKey(a[name]) === valueKey(b[name]))
  const shared = describeSettings(only(a, same))
  return `${label(a[factor])} − ${label(b[factor])}${shared === '' ? '' : `, ${shared}`}`
}

function forest(plot: Plot, comparisons: readonly Comparison[], metric: string): PlotOptions {
  const rows = comparisons.map((one, i) => ({
    row: String(i),
    value: one.difference.value,
    low: one.difference.interval?.[0] ?? one.difference.value,
    high: one.difference.interval?.[1] ?? one.difference.value,
    color: one.adjusted < 0.05 ? 'var(--series-1)' : 'var(--page)',
    title: `${describeSettings(one.a)}\nagainst ${describeSettings(one.b)}\n${one.verdict}`,
  }))
  const names = comparisons.map((one) => shorten(nameOf(one), 34))
  const line = { y: 'row', stroke: 'var(--series-1)', strokeWidth: 1.75 }
  return {
    ...rowChart(
      rows.map(({ row }) => row),
      (row) => names[Number(row)]!,
    ),
    height: 54 + 20 * rows.length,
    marginRight: 16,
    x: { ...axisLabel(`a − b in ${metric}`), ticks: 5, tickFormat: plain, nice: true },
    marks: [
      plot.gridX({ stroke: 'var(--line)', strokeOpacity: 1, ticks: 5 }),
      plot.ruleX([0], { stroke: 'currentColor' }),
      plot.link(rows, { ...line, x1: 'low', x2: 'high' }),
      plot.dot(rows, { ...line, x: 'value', r: 4, fill: 'color', title: 'title' }),
    ],
  }
}
