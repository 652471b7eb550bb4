import type { Comparison, Findings } from '../analysis/findings.ts'
import { only, valueKey } from '../settings.ts'
import { axisLabel, gridStyle, rowChart } from './chart.ts'
import { interval, numeral, plain, probability } from './number.ts'
import { type Chart, type Content, tableBlock } from './section.ts'
import { describeSettings, label } from './settings.ts'

/** Makes the report section on differences in score between two combinations of settings, seed by seed. */
export function comparisonsSection({ comparisons, metric: { name, goal } }: Findings): Content {
  if (comparisons.length === 0) return 'nothing was tried on the same seeds to be compared'
  const better = `${goal === 'max' ? 'above' : 'below'} 0, a is better`
  const shown = comparisons.filter(({ adjusted }) => adjusted < 0.05).length
  const table = tableBlock(
    `Differences a − b in ${name}; ${better}`,
    2,
    ['a', 'b', 'a − b', '95 % interval', 'seeds', 'p', 'adjusted p', 'verdict'],
    comparisons.map(rowOf),
  )
  return [
    {
      type: 'figure',
      caption:
        `Differences a − b in ${name}, seed by seed, with 95 % intervals: ${better}. ` +
        `${shown} of ${comparisons.length} have p < 0.05 once corrected for all comparisons of the study.`,
      reading:
        'Those are filled. An interval is that of its difference by itself; only p is corrected, so that an ' +
        'interval may leave 0 out where no difference is shown.',
      panels: [
        {
          title: 'a − b',
          description: `Differences in ${name} with intervals; ${better}`,
          table: { ...table, open: true },
          draw: forest(comparisons, name),
        },
      ],
    },
  ]
}

const rowOf = ({ a, b, difference, seeds, p, adjusted, verdict }: Comparison): readonly string[] => [
  describeSettings(a),
  describeSettings(b),
  numeral(difference.value, 3),
  interval(difference, 3),
  String(seeds),
  probability(p),
  probability(adjusted),
  verdict,
]

/** Names a comparison by the two values of its factor, then the settings in common: `batch − none, cosine`. */
function nameOf({ a, b, factor }: Comparison): string {
  const same = Object.keys(a).filter((name) => valueKey(a[name]) === valueKey(b[name]))
  const shared = describeSettings(only(a, same))
  return `${label(a[factor])} − ${label(b[factor])}${shared === '' ? '' : `, ${shared}`}`
}

/** Returns a forest plot, a row per comparison: a dot (difference in the metric) on a line (its interval). */
function forest(comparisons: readonly Comparison[], metric: string): Chart['draw'] {
  const rows = comparisons.map(({ a, b, difference: { value, interval }, adjusted, verdict }, i) => ({
    row: String(i),
    value,
    low: interval?.[0] ?? value,
    high: interval?.[1] ?? value,
    color: adjusted < 0.05 ? 'var(--series-1)' : 'var(--page)',
    title: `${describeSettings(a)}\nagainst ${describeSettings(b)}\n${verdict}`,
  }))
  const names = comparisons.map(nameOf)
  const keys = rows.map(({ row }) => row)
  const line = { y: 'row', stroke: 'var(--series-1)', strokeWidth: 1.75 }
  const { options, rowHeight, labels } = rowChart(keys, (row) => names[Number(row)]!)
  return (plot) => ({
    ...options,
    height: 48 + rowHeight * rows.length,
    marginRight: 16,
    x: { ...axisLabel(`a − b in ${metric}`), ticks: 5, tickFormat: plain, nice: true },
    marks: [
      plot.gridX(gridStyle(5)),
      plot.ruleX([0], { stroke: 'currentColor' }),
      ...labels(plot),
      plot.link(rows, { ...line, x1: 'low', x2: 'high' }),
      plot.dot(rows, { ...line, x: 'value', r: 4, fill: 'color', title: 'title' }),
    ],
  })
}
