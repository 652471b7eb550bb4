import type { PlotOptions } from '@observablehq/plot'
import type { Cell, Findings } from '../findings.ts'
import type { Value } from '../trial.ts'
import { type Ramp, ramp, shade } from './color.ts'
import { count, dash, interval, significant } from './number.ts'
import {
  absent,
  type Chart,
  type Panel,
  type Plot,
  paragraph,
  type Section,
  section,
  table,
} from './section.ts'
import {
  describe,
  groupBy,
  keyOf,
  label,
  normalization,
  rate,
  schedule,
  shorten,
  valuesOf,
} from './settings.ts'

const id = 'scores'
const title = 'Scores'

/** Score by rate and schedule, a map for each normalisation and each value of other factors. */
export function heatMaps(findings: Findings): Section {
  if (findings.cells.length === 0) return absent(id, title, 'no combination was tried')
  const cells = furthest(findings.cells)
  const scale = ramp(cells.flatMap(scoreOf), findings.metric.goal)
  if (cells.length === 1)
    return section(id, title, paragraph(alone(findings, cells[0]!)), everyCell(findings))
  const axes = axesOf(findings)
  const panels = [...groupBy(cells, (cell) => describe(cell.settings, [axes.x, axes.y ?? '']))]
  return section(
    id,
    title,
    {
      type: 'figure',
      caption: captionOf(findings, axes, scale),
      reading: howToRead,
      key: keyChart(findings, scale),
      panels: panels.map(([name, some]) => heatMap(findings, axes, scale, name, some)),
    },
    everyCell(findings),
  )
}

interface Axes {
  readonly x: string
  readonly y?: string
}

/** The rate goes across and the schedule down; where there is none, the factors with most values do. */
function axesOf({ factors }: Findings): Axes {
  const names = Object.keys(factors)
    .filter((name) => name !== normalization)
    .sort((a, b) => factors[b]!.length - factors[a]!.length)
  const x = rate in factors ? rate : (names.find((name) => name !== schedule) ?? names[0] ?? normalization)
  const y = schedule in factors && x !== schedule ? schedule : names.find((name) => name !== x)
  return y === undefined ? { x } : { x, y }
}

/** Of cells that differ in their budget alone, the one that was trained longest. */
function furthest(cells: readonly Cell[]): readonly Cell[] {
  const groups = groupBy(cells, ({ settings }) => describe(settings)).values()
  return [...groups].map((some) => some.reduce((a, b) => (b.steps > a.steps ? b : a)))
}

/** The greatest budget. */
function fullOf({ cells }: Findings): number {
  return Math.max(...cells.map(({ steps }) => steps))
}

function scoreOf({ score }: Cell): number[] {
  return score !== undefined && Number.isFinite(score.value) ? [score.value] : []
}

function alone(findings: Findings, cell: Cell): string {
  const score = cell.score ? `${significant(cell.score.value)} (95 %: ${interval(cell.score)})` : dash
  return `One combination was tried (${describe(cell.settings) || 'no factor'}): ${findings.metric.name} ${score}.`
}

const howToRead =
  'The best of each map is outlined; × marks what diverged, a number before it how many of its seeds did. The colour is the same in all maps and finer near the best: the square root of the distance to it.'

function captionOf({ metric, cells }: Findings, { x, y }: Axes, scale: Ramp): string {
  const steps = new Set(furthest(cells).map((cell) => cell.steps))
  const parts = [
    `Mean ${metric.name} over seeds by ${y === undefined ? x : `${x} and ${y}`}; ${metric.goal === 'max' ? 'more' : 'less'} is better.`,
  ]
  if (steps.size > 1)
    parts.push('Where steps are given (in italics on the maps), runs were stopped before the full budget.')
  if (Number.isNaN(scale.best)) parts.push('No run came to an end.')
  return parts.join(' ')
}

/** The scale's colours from worst to best. */
function keyChart({ metric }: Findings, scale: Ramp): Chart {
  const [from, to] = [significant(scale.worst, 3), significant(scale.best, 3)]
  return {
    description: `Colours from dark, ${from} or worse, to bright, ${to}`,
    draw: (plot) => ({
      width: 300,
      height: 54,
      marginTop: 4,
      marginBottom: 34,
      marginLeft: 24,
      marginRight: 24,
      x: {
        type: 'linear',
        domain: [1, 0],
        ticks: [0, 0.5, 0.75, 1],
        tickSize: 3,
        tickFormat: (at: number) => significant(scale.score(at), 3),
        label: metric.name,
        labelAnchor: 'center',
        labelArrow: 'none',
      },
      marks: Array.from({ length: 60 }, (_, i) =>
        plot.rect([i], { x1: i / 60, x2: (i + 1) / 60, fill: shade(plot, (i + 0.5) / 60).fill, inset: -0.3 }),
      ),
    }),
  }
}

/** What is drawn of a cell. */
interface Square {
  readonly x: string
  readonly y: string
  readonly at: number | undefined
  readonly text: string
  readonly lost: string
  readonly partial: boolean
  readonly title: string
}

function heatMap(findings: Findings, axes: Axes, scale: Ramp, name: string, cells: readonly Cell[]): Panel {
  const full = fullOf(findings)
  const squares = cells.map((cell) => squareOf(axes, scale, cell, full))
  const best = bestOf(findings, cells)
  const outlined = best && squareOf(axes, scale, best, full)
  const where = best && describe(best.settings, [normalization])
  return {
    title: name || title,
    description: best
      ? `${name || title}: best ${findings.metric.name} ${significant(best.score!.value)} at ${where}`
      : `${name || title}: every run diverged or failed`,
    table: pivot(findings, axes, name, cells),
    draw: (plot) => mapOf(plot, findings, axes, squares, outlined),
  }
}

function bestOf({ metric }: Findings, cells: readonly Cell[]): Cell | undefined {
  const sign = metric.goal === 'max' ? 1 : -1
  return cells
    .filter((cell) => scoreOf(cell).length > 0)
    .reduce<Cell | undefined>(
      (a, b) => (a === undefined || sign * b.score!.value > sign * a.score!.value ? b : a),
      undefined,
    )
}

function squareOf({ x, y }: Axes, scale: Ramp, cell: Cell, full: number): Square {
  const [score] = scoreOf(cell)
  return {
    x: keyOf(cell.settings[x]),
    y: y === undefined ? '' : keyOf(cell.settings[y]),
    at: score === undefined ? undefined : scale.at(score),
    text: score === undefined ? '' : significant(score, 3),
    lost: lostOf(cell),
    partial: cell.steps < full,
    title: `${describe(cell.settings)}\n${outcome(cell)}\n${count(cell.steps)} steps`,
  }
}

/** What was lost of a cell: `×` when nothing else is left of it, `1×` when one seed of some diverged. */
function lostOf({ score, diverged, failed }: Cell): string {
  if (score === undefined) return diverged > 0 ? '×' : failed > 0 ? 'failed' : dash
  return diverged > 0 ? `${diverged}×` : ''
}

function outcome(cell: Cell): string {
  const lost = [
    ...(cell.diverged > 0 ? [`${cell.diverged} diverged`] : []),
    ...(cell.failed > 0 ? [`${cell.failed} failed`] : []),
  ]
  const score = cell.score ? [`${significant(cell.score.value)} (${interval(cell.score)})`] : []
  return [...score, ...lost].join(', ') || dash
}

const height = 34

function mapOf(
  plot: Plot,
  findings: Findings,
  { x, y }: Axes,
  squares: readonly Square[],
  best: Square | undefined,
): PlotOptions {
  const across = valuesOf(findings, x)
  const down: readonly Value[] = y === undefined ? [''] : valuesOf(findings, y)
  const texts = down.map((value) => (y === undefined ? '' : shorten(label(value))))
  const marginLeft = 14 + 6.3 * Math.max(...texts.map((text) => text.length))
  const width = Math.max(36, ...squares.map(({ text }) => 4 + 6.3 * text.length))
  const textAt = new Map(down.map((value, i) => [y === undefined ? '' : keyOf(value), texts[i]!]))
  return {
    width: marginLeft + 6 + width * across.length,
    height: 48 + height * down.length,
    marginLeft,
    marginRight: 6,
    marginTop: 8,
    marginBottom: 40,
    padding: 0,
    x: {
      type: 'band',
      domain: across.map(keyOf),
      tickFormat: (key: string) => shorten(label(JSON.parse(key)), 8),
      tickSize: 0,
      label: x,
      labelAnchor: 'center',
      labelArrow: 'none',
    },
    y: {
      type: 'band',
      domain: [...textAt.keys()],
      tickFormat: (key: string) => textAt.get(key) ?? '',
      tickSize: 0,
      label: null,
    },
    marks: [...filled(plot, squares, best), ...lost(plot, squares)],
  }
}

function filled(
  plot: Plot,
  squares: readonly Square[],
  best: Square | undefined,
): PlotOptions['marks'] & object[] {
  const done = squares
    .filter(({ at }) => at !== undefined)
    .map((square) => ({ ...square, ...shade(plot, square.at!) }))
  const isBest = ({ x, y }: Square): boolean => x === best?.x && y === best?.y
  const place = { x: 'x', y: 'y', title: 'title' }
  const text = { ...place, text: 'text', fill: 'ink', fontSize: 11, fontVariant: 'tabular-nums' as const }
  return [
    plot.cell(
      done.filter((square) => !isBest(square)),
      { ...place, fill: 'fill', inset: 0.75, rx: 2 },
    ),
    plot.cell(done.filter(isBest), { ...place, fill: 'fill', inset: 3.5, rx: 1 }),
    plot.cell(done.filter(isBest), {
      x: 'x',
      y: 'y',
      stroke: 'currentColor',
      strokeWidth: 2,
      inset: 1,
      rx: 3,
    }),
    plot.text(
      done.filter(({ partial }) => !partial),
      { ...text, fontWeight: 'normal' },
    ),
    plot.text(
      done.filter(({ partial }) => partial),
      { ...text, fontStyle: 'italic' },
    ),
    plot.text(
      done.filter((square) => square.lost !== ''),
      { ...place, text: 'lost', fill: 'ink', fontSize: 9, dy: 11, dx: 11 },
    ),
  ]
}

function lost(plot: Plot, squares: readonly Square[]): PlotOptions['marks'] & object[] {
  const none = squares.filter(({ at }) => at === undefined)
  const place = { x: 'x', y: 'y', title: 'title' }
  return [
    plot.cell(none, { ...place, fill: 'var(--panel)', stroke: 'var(--line)', inset: 1.25, rx: 2 }),
    plot.text(
      none.filter(({ lost }) => lost === '×'),
      { ...place, text: 'lost', fontSize: 16, fill: 'var(--soft)' },
    ),
    plot.text(
      none.filter(({ lost }) => lost !== '×'),
      { ...place, text: 'lost', fontSize: 9, fill: 'var(--soft)' },
    ),
  ]
}

/** The map as a table: schedules down, rates across. */
function pivot(
  findings: Findings,
  { x, y }: Axes,
  name: string,
  cells: readonly Cell[],
): ReturnType<typeof table> {
  const across = valuesOf(findings, x)
  const down: readonly Value[] = y === undefined ? [''] : valuesOf(findings, y)
  const at = new Map(
    cells.map((cell) => [`${keyOf(cell.settings[x])} ${y ? keyOf(cell.settings[y]) : ''}`, cell]),
  )
  const best = bestOf(findings, cells)
  const full = fullOf(findings)
  return table(
    `${findings.metric.name}${name ? `, ${name}` : ''}; ★ the best, × diverged`,
    1,
    [y ?? '', ...across.map((value) => `${x} ${label(value)}`)],
    down.map((value) => [
      y === undefined ? findings.metric.name : label(value),
      ...across.map((other) => entry(at.get(`${keyOf(other)} ${y ? keyOf(value) : ''}`), best, full)),
    ]),
  )
}

function entry(cell: Cell | undefined, best: Cell | undefined, full: number): string {
  if (cell === undefined) return dash
  const score = cell.score ? `${significant(cell.score.value)}${cell === best ? ' ★' : ''}` : ''
  const steps = cell.steps < full ? `(${count(cell.steps)} steps)` : ''
  return [score, lostOf(cell), steps].filter((text) => text !== '').join(' ')
}

function everyCell({ cells, factors, metric }: Findings): ReturnType<typeof table> {
  const names = Object.keys(factors)
  return {
    ...table(
      `Each of ${count(cells.length)} combinations: ${metric.name} and its 95 % interval over seeds`,
      names.length,
      [...names, 'steps', 'mean', '95 % interval', 'seeds', 'diverged', 'failed'],
      cells.map((cell) => [
        ...names.map((name) => label(cell.settings[name])),
        count(cell.steps),
        significant(cell.score?.value),
        cell.score ? interval(cell.score) : dash,
        count(Object.keys(cell.scores).length),
        count(cell.diverged),
        count(cell.failed),
      ]),
    ),
    long: cells.length > 12,
  }
}
