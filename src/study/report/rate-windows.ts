import type { Markish, PlotOptions } from '@observablehq/plot'
import type { Findings, RateWindow } from '../analysis/findings.ts'
import { groupedBy } from '../settings.ts'
import { logAxis, logTicks, rowChart } from './chart.ts'
import { linesOf } from './color.ts'
import { fixed, interval, numeral, plain } from './number.ts'
import { absent, type Panel, type Plot, type Section, section, type Table, tableBlock } from './section.ts'
import {
  describeSettings,
  label,
  lr,
  normalization,
  normalizationsOf,
  schedule,
  shorten,
  testedValues,
} from './settings.ts'

const id = 'rate-windows'
const title = 'Usable rates'

/** The rates that do nearly as well as the best one: by normalization, then by normalization and schedule. */
export function rateWindowsSection(findings: Findings): Section {
  if (findings.windows.length === 0) return absent(id, title, 'the study has no rates to choose from')
  const { metric } = findings.windows[0]!
  const groups = groupedBy(findings.windows, ({ group }) => Object.keys(group).join(' × '))
  return section(id, title, {
    type: 'figure',
    caption: `Rates whose ${metric} is within ${margin(findings.windows)} of the best of their row.`,
    reading:
      'A dot is the best rate; an arrow says that the end was not found: rates beyond those tried may do as ' +
      'well. Thin lines are the rates tried; at the right, the width in decades.',
    panels: [...groups].map(([name, windows]) => panel(findings, name, windows)),
  })
}

/** The greatest distance of a usable rate from the best score; relative for a loss, so that it differs by row. */
function margin(windows: readonly RateWindow[]): string {
  const sorted = windows.map(({ within }) => within).sort((a, b) => a - b)
  const [least, most] = [numeral(sorted[0], 2), numeral(sorted.at(-1), 2)]
  return least === most ? least : `${least} to ${most}`
}

function panel(findings: Findings, name: string, windows: readonly RateWindow[]): Panel {
  const rows = windows.map((window) => rowOf(findings, window))
  const by = name === '' ? '' : `by ${name}`
  const widest = windows.reduce((a, b) => (b.decades > a.decades ? b : a))
  const winner = `widest for ${describeSettings(widest.group, [], 'all runs')}, ${range(widest)}`
  return {
    title: name === '' ? 'All runs' : `By ${name}`,
    description: `Usable rates ${by}: ${winner}`,
    table: windowTable(findings, name, windows),
    draw: (plot) => bars(plot, findings, rows),
  }
}

interface Row {
  readonly name: string
  /** The schedule that heads the row's group. */
  readonly heading: string
  readonly color: string
  readonly low: number
  readonly high: number
  readonly best: number
  readonly open: RateWindow['open']
  readonly decades: string
  readonly title: string
}

function rowOf(findings: Findings, { group, low, high, best, open, decades }: RateWindow): Row {
  const split = schedule in group && normalization in group
  const name = describeSettings(group, split ? [schedule] : [], 'all runs')
  const kind = normalization in group ? [label(group[normalization])] : []
  return {
    name,
    heading: split ? label(group[schedule]) : '',
    color: kind.length > 0 ? linesOf(kind, normalizationsOf(findings))[0]!.color : 'var(--series-1)',
    low,
    high,
    best: best.lr,
    open,
    decades: `${open.low || open.high ? '≥ ' : ''}${fixed(decades, 1)}`,
    title: `${describeSettings(group, [], 'all runs')}\n${range({ low, high, open })}`,
  }
}

function range({ low, high, open }: Pick<RateWindow, 'low' | 'high' | 'open'>): string {
  if (low === high && !open.low && !open.high) return plain(low)
  return `${open.low ? '≤ ' : ''}${plain(low)} to ${open.high ? '≥ ' : ''}${plain(high)}`
}

/** The length of an arrow on the logarithmic axis, as a factor. */
const beyond = 1.7

function bars(plot: Plot, findings: Findings, rows: readonly Row[]): PlotOptions {
  const tried = testedValues(findings, lr).filter((value) => typeof value === 'number')
  const ends = [...tried, ...rows.flatMap(({ low, high }) => [low, high])].filter((value) => value > 0)
  const [least, most] = [Math.min(...ends), Math.max(...ends)]
  const names = [...new Set(rows.map(({ name }) => name))]
  const headings = [...new Set(rows.map(({ heading }) => heading))]
  const split = headings.length > 1 || headings[0] !== ''
  const chart = rowChart(names, (name) => shorten(name))
  return {
    ...chart,
    height: 50 + headings.length * (names.length * 20 + (split ? 22 : 0)),
    marginRight: 44,
    marginTop: split ? 22 : 10,
    x: logAxis('learning rate', [least / beyond / 1.1, most * beyond * 1.1], logTicks(least, most)),
    y: { ...chart.y, padding: 0.3 },
    fy: { domain: headings, axis: null, padding: split ? 0.24 : 0 },
    marks: [
      plot.ruleX(tried, { stroke: 'var(--line)' }),
      plot.text(headings, {
        fy: (heading: string) => heading,
        text: (heading: string) => heading,
        frameAnchor: 'top-left',
        dy: -14,
        fontWeight: 600,
      }),
      ...windowMarks(plot, rows),
    ],
  }
}

const place = { y: 'name', fy: 'heading' }

/** The bar of each window with its ends, arrows, best rate and width. */
const windowMarks = (plot: Plot, rows: readonly Row[]): Markish[] => [
  plot.barX(rows, { ...place, x1: 'low', x2: 'high', fill: 'color', title: 'title', rx: 2 }),
  ...(['low', 'high'] as const).map((end) =>
    plot.tickX(rows, { ...place, x: end, stroke: 'color', strokeWidth: 3 }),
  ),
  ...arrows(plot, rows),
  plot.dot(rows, { ...place, x: 'best', r: 4, fill: 'var(--page)', stroke: 'color', strokeWidth: 2 }),
  plot.text(rows, {
    ...place,
    text: 'decades',
    frameAnchor: 'right',
    dx: 40,
    fontVariant: 'tabular-nums',
  }),
]

function arrows(plot: Plot, rows: readonly Row[]): Markish[] {
  const style = { ...place, stroke: 'color', strokeWidth: 2, headLength: 4, insetStart: 0 }
  return [
    plot.arrow(
      rows.filter(({ open }) => open.low),
      { ...style, x1: 'low', x2: ({ low }: Row) => low / beyond },
    ),
    plot.arrow(
      rows.filter(({ open }) => open.high),
      { ...style, x1: 'high', x2: ({ high }: Row) => high * beyond },
    ),
  ]
}

const windowTable = (findings: Findings, name: string, windows: readonly RateWindow[]): Table =>
  tableBlock(
    `Usable rates${name === '' ? '' : ` by ${name}`}; ≤ and ≥: the end was not found`,
    1,
    ['group', 'rates', 'decades', 'best rate', findings.windows[0]!.metric, '95 % interval', 'within'],
    windows.map((window) => [
      describeSettings(window.group, [], 'all runs'),
      range(window),
      fixed(window.decades, 2),
      plain(window.best.lr),
      numeral(window.best.score.value),
      interval(window.best.score),
      numeral(window.within, 2),
    ]),
  )
