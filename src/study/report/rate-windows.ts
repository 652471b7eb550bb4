import type { Markish, PlotOptions } from '@observablehq/plot'
import type { Findings, RateWindow } from '../analysis/findings.ts'
import { groupedBy } from '../settings.ts'
import { logAxis, logTicks, rowChart } from './chart.ts'
import { linesOf } from './color.ts'
import { fixed, interval, numeral, plain } from './number.ts'
import { type Content, type Panel, type Plot, type Table, tableBlock } from './section.ts'
import { describeSettings, label, normalizationsOf, testedValues } from './settings.ts'

/**
 * Makes the report section on usable learning rates (with scores close to the best): one chart by
 * normalization, another by normalization and schedule.
 */
export function rateWindowsSection(findings: Findings): Content {
  const { windows } = findings
  if (windows.length === 0) return 'the study has no rates to choose from'
  const groups = groupedBy(windows, ({ group }) => Object.keys(group).join(' × '))
  return [
    {
      type: 'figure',
      caption: `Rates whose ${windows[0]!.metric} is within ${margin(windows)} of the best of their row.`,
      reading:
        'A dot is the best rate; an arrow says that the end was not found: rates beyond those tried may do as ' +
        'well. Thin lines are the rates tried; at the right, the width in decades.',
      panels: [...groups].map(([name, group]) => panel(findings, name, group)),
    },
  ]
}

/** Formats the maximum gap of usable rates to the best score: `0.01`, or `0.01 to 0.03` if it differs between rows. */
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
    table: windowTable(name, windows),
    draw: (plot) => bars(plot, findings, rows),
  }
}

/** Returns the data of a chart's row: one range of usable rates, with its schedule as the heading above it. */
function rowOf(findings: Findings, { group, low, high, best, open, decades }: RateWindow) {
  const split = 'schedule' in group && 'normalization' in group
  const kind = 'normalization' in group ? [label(group.normalization)] : []
  return {
    name: describeSettings(group, split ? ['schedule'] : [], 'all runs'),
    heading: split ? label(group.schedule) : '',
    color: kind.length > 0 ? linesOf(kind, normalizationsOf(findings))[0]!.color : 'var(--series-1)',
    low,
    high,
    best: best.lr,
    open,
    decades: `${open.low || open.high ? '≥ ' : ''}${fixed(decades, 1)}`,
    title: `${describeSettings(group, [], 'all runs')}\n${range({ low, high, open })}`,
  }
}

type Row = ReturnType<typeof rowOf>

function range({ low, high, open }: Pick<RateWindow, 'low' | 'high' | 'open'>): string {
  if (low === high && !open.low && !open.high) return plain(low)
  return `${open.low ? '≤ ' : ''}${plain(low)} to ${open.high ? '≥ ' : ''}${plain(high)}`
}

/** Length of an arrow, as the ratio of rates; an arrow marks an end beyond which no rate was tried. */
const beyond = 1.7

function bars(plot: Plot, findings: Findings, rows: readonly Row[]): PlotOptions {
  const tried = testedValues(findings, 'lr').filter((value) => typeof value === 'number')
  const ends = [...tried, ...rows.flatMap(({ low, high }) => [low, high])].filter((value) => value > 0)
  const [least, most] = [Math.min(...ends), Math.max(...ends)]
  const names = [...new Set(rows.map(({ name }) => name))]
  const headings = [...new Set(rows.map(({ heading }) => heading))]
  const split = headings.length > 1 || headings[0] !== ''
  const heading = { fy: plot.identity, text: plot.identity, frameAnchor: 'top-left', dy: -14 } as const
  const { options, rowHeight, labels } = rowChart(names)
  return {
    ...options,
    height: 46 + headings.length * (names.length * rowHeight + (split ? 22 : 0)),
    marginRight: 44,
    marginTop: split ? 22 : 10,
    x: logAxis('learning rate', [least / beyond / 1.1, most * beyond * 1.1], logTicks(least, most)),
    y: { padding: 0.3, ...options.y },
    fy: { domain: headings, axis: null, padding: split ? 0.24 : 0 },
    marks: [
      plot.ruleX(tried, { stroke: 'var(--line)' }),
      plot.text(headings, { ...heading, fontWeight: 600 }),
      ...labels(plot),
      ...windowMarks(plot, rows),
    ],
  }
}

/** Returns marks for each range of usable rates: bar, end ticks, arrows, best rate, and width in decades. */
function windowMarks(plot: Plot, rows: readonly Row[]): Markish[] {
  const place = { y: 'name', fy: 'heading' }
  const line = { ...place, stroke: 'color', strokeWidth: 2 }
  const arrow = { ...line, headLength: 4, insetStart: 0 }
  const width = { text: 'decades', frameAnchor: 'right', dx: 40, fontVariant: 'tabular-nums' } as const
  const [openLow, openHigh] = [rows.filter(({ open }) => open.low), rows.filter(({ open }) => open.high)]
  return [
    plot.barX(rows, { ...place, x1: 'low', x2: 'high', fill: 'color', title: 'title', rx: 2 }),
    plot.tickX(rows, { ...line, x: 'low', strokeWidth: 3 }),
    plot.tickX(rows, { ...line, x: 'high', strokeWidth: 3 }),
    plot.arrow(openLow, { ...arrow, x1: 'low', x2: ({ low }: Row) => low / beyond }),
    plot.arrow(openHigh, { ...arrow, x1: 'high', x2: ({ high }: Row) => high * beyond }),
    plot.dot(rows, { ...line, x: 'best', r: 4, fill: 'var(--page)' }),
    plot.text(rows, { ...place, ...width }),
  ]
}

const windowTable = (name: string, windows: readonly RateWindow[]): Table =>
  tableBlock(
    `Usable rates${name === '' ? '' : ` by ${name}`}; ≤ and ≥: the end was not found`,
    1,
    ['group', 'rates', 'decades', 'best rate', windows[0]!.metric, '95 % interval', 'within'],
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
