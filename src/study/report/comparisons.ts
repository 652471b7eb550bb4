import type { PlotOptions } from '@observablehq/plot'
import type { Comparison, Findings } from '../analysis/findings.ts'
import { labelMargin } from './label-margin.ts'
import { count, interval, plain, probability, significant } from './number.ts'
import { absent, type Plot, type Section, section, tableBlock } from './section.ts'
import { describeSettings, label, shorten, valueKey } from './settings.ts'

const id = 'comparisons'
const title = 'Comparisons'

/** Cells against each other, seed by seed. */
export function comparisonsSection(findings: Findings): Section {
  const { comparisons, metric } = findings
  if (comparisons.length === 0) return absent(id, title, 'nothing was tried on the same seeds to be compared')
  const better = metric.goal === 'max' ? 'above 0, a is better' : 'below 0, a is better'
  const shown = comparisons.filter(({ adjusted }) => adjusted < 0.05).length
  return section(id, title, {
    type: 'figure',
    caption: `Differences a − b in ${metric.name}, seed by seed, with 95 % intervals: ${better}. ${shown} of ${comparisons.length} have p < 0.05 once corrected for all comparisons of the study.`,
    reading:
      'Those are filled. An interval is that of its difference by itself; only p is corrected, so that an interval may leave 0 out where no difference is shown.',
    panels: [
      {
        title: 'a − b',
        description: `Differences in ${metric.name} with intervals; ${better}`,
        table: {
          ...tableBlock(
            `Differences a − b in ${metric.name}; ${better}`,
            2,
            ['a', 'b', 'a − b', '95 % interval', 'seeds', 'p', 'adjusted p', 'verdict'],
            comparisons.map(rowOf),
          ),
          open: true,
        },
        draw: (plot) => forest(plot, comparisons, metric.name),
      },
    ],
  })
}

function rowOf(one: Comparison): readonly string[] {
  return [
    describeSettings(one.a),
    describeSettings(one.b),
    significant(one.difference.value, 3),
    interval(one.difference, 3),
    count(one.seeds),
    probability(one.p),
    probability(one.adjusted),
    one.verdict,
  ]
}

/** `batch − none, cosine`: what differs, then what is the same; rates that differ as well are in the table. */
function nameOf({ a, b, factor }: Comparison): string {
  const same = Object.keys(a).filter((name) => valueKey(a[name]) === valueKey(b[name]))
  const shared = describeSettings(Object.fromEntries(same.map((name) => [name, a[name]!])))
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
  return {
    width: 440,
    height: 54 + 20 * rows.length,
    marginLeft: labelMargin(names),
    marginRight: 16,
    marginTop: 8,
    marginBottom: 40,
    x: {
      label: `a − b in ${metric}`,
      labelAnchor: 'center',
      labelArrow: 'none',
      ticks: 5,
      tickFormat: plain,
      nice: true,
    },
    y: {
      type: 'band',
      domain: rows.map(({ row }) => row),
      tickFormat: (row: string) => names[Number(row)]!,
      tickSize: 0,
      label: null,
    },
    marks: [
      plot.gridX({ stroke: 'var(--line)', strokeOpacity: 1, ticks: 5 }),
      plot.ruleX([0], { stroke: 'currentColor' }),
      plot.link(rows, { x1: 'low', x2: 'high', y: 'row', stroke: 'var(--series-1)', strokeWidth: 1.75 }),
      plot.dot(rows, {
        x: 'value',
        y: 'row',
        r: 4,
        fill: 'color',
        stroke: 'var(--series-1)',
        strokeWidth: 1.75,
        title: 'title',
      }),
    ],
  }
}
