import type { Markish, PlotOptions } from '@observablehq/plot'
import type { Cell } from '../analysis/findings.ts'
import { valueKey } from '../settings.ts'
import type { Value } from '../trial.ts'
import { axisLabel, bandAxis, labelMargin, shorten } from './chart.ts'
import { type Ramp, shade } from './color.ts'
import { type Grid, isWhole, lostOf, outcome, scoreOf } from './grid.ts'
import { numeral } from './number.ts'
import type { Chart, Plot } from './section.ts'
import { describeSettings, label } from './settings.ts'

/** Draws a grid's scores as coloured squares, the best outlined. `last`: number of the race's last round. */
export function heatMap(plot: Plot, grid: Grid, scale: Ramp, last: number): PlotOptions {
  const squares = grid.cells.map((cell) => squareOf(plot, grid, scale, cell, last))
  const names = new Map(
    grid.rows.map((row) => [valueKey(row), grid.y === undefined ? '' : shorten(label(row), 16)]),
  )
  const margins = {
    marginLeft: labelMargin([...names.values()]),
    marginRight: 6,
    marginTop: 8,
    marginBottom: 40,
  }
  const ticks = new Map(grid.columns.map((column) => [valueKey(column), shorten(tickOf(column), 8)]))
  const texts = [...squares.map(({ text }) => text), ...ticks.values()]
  const width = Math.max(34, ...texts.map((text) => 4 + 6.3 * text.length))
  return {
    width: margins.marginLeft + 6 + width * grid.columns.length,
    height: 48 + 34 * grid.rows.length,
    ...margins,
    padding: 0,
    x: { ...bandAxis([...ticks.keys()], (key) => ticks.get(key) ?? ''), ...axisLabel(grid.x) },
    y: bandAxis([...names.keys()], (key) => names.get(key) ?? ''),
    marks: marksOf(plot, squares),
  }
}

/** Returns a column's label; a number gets three digits, since all digits of a random rate would not fit. */
const tickOf = (value: Value | undefined): string =>
  label(typeof value === 'number' ? Number(value.toPrecision(3)) : value)

/** Returns what to draw for a cell; `partial`: whether it did not reach `last`, the last round of a race. */
function squareOf(plot: Plot, { x, y, best }: Grid, scale: Ramp, cell: Cell, last: number) {
  const score = scoreOf(cell)
  return {
    x: valueKey(cell.settings[x]),
    y: valueKey(y === undefined ? undefined : cell.settings[y]),
    ...(score === undefined || !isWhole(cell)
      ? { fill: 'var(--panel)', ink: 'var(--soft)' }
      : shade(plot, scale.at(score))),
    text: score === undefined ? '' : short(score),
    lost: lostOf(cell),
    best: cell === best,
    partial: cell.rung < last,
    title: `${describeSettings(cell.settings)}\n${outcome(cell)}`,
  }
}

/** Formats a score for a square: with three digits; if it is longer than six characters, as a power of ten. */
function short(score: number): string {
  const text = numeral(score, 3)
  return text.length > 6 || Math.abs(score) >= 1e4
    ? score.toExponential(0).replace('e+', 'e').replaceAll('-', '−')
    : text
}

type Square = ReturnType<typeof squareOf>

function marksOf(plot: Plot, squares: readonly Square[]): Markish[] {
  const done = squares.filter(({ text }) => text !== '')
  const none = squares.filter(({ text }) => text === '')
  const best = done.filter((square) => square.best)
  const place = { x: 'x', y: 'y' }
  const cell = { ...place, fill: 'fill', title: 'title' }
  const score = { ...place, text: 'text', fill: 'ink', fontVariant: 'tabular-nums' } as const
  const lost = { ...place, text: 'lost', fill: 'ink', fontSize: 9 }
  return [
    plot.cell(done, { ...cell, filter: (square: Square) => !square.best, inset: 0.75, rx: 2 }),
    plot.cell(best, { ...cell, inset: 3.5, rx: 1 }),
    plot.cell(best, { ...place, stroke: 'currentColor', strokeWidth: 2, inset: 1, rx: 3 }),
    plot.text(done, { ...score, filter: ({ partial }: Square) => !partial }),
    plot.text(done, { ...score, filter: ({ partial }: Square) => partial, fontStyle: 'italic' }),
    plot.text(done, { ...lost, dy: 11, dx: 11 }),
    plot.cell(none, { ...cell, stroke: 'var(--line)', inset: 1.25, rx: 2 }),
    plot.text(none, { ...lost, filter: (square: Square) => square.lost === '×', fontSize: 16 }),
    plot.text(none, { ...lost, filter: (square: Square) => square.lost !== '×' }),
  ]
}

/** Returns a legend of heat maps as a chart: a bar of all colours, from the worst score to the best. */
export function colorScale(metric: string, scale: Ramp): Chart {
  const [from, to] = [numeral(scale.worst, 3), numeral(scale.best, 3)]
  const size = { width: 300, height: 54, marginTop: 4, marginBottom: 34, marginLeft: 24, marginRight: 24 }
  const steps = Array.from({ length: 60 }, (_, i) => i / 60)
  return {
    description: `Colours from dark, ${from} or worse, to bright, ${to}`,
    draw: (plot) => ({
      ...size,
      x: {
        type: 'linear',
        domain: [1, 0],
        ticks: [0, 0.5, 0.75, 1],
        tickSize: 3,
        tickFormat: (at: number) => numeral(scale.score(at), 3),
        ...axisLabel(metric),
      },
      marks: [
        plot.rect(steps, {
          x1: (at: number) => at,
          x2: (at: number) => at + 1 / 60,
          fill: (at: number) => shade(plot, at + 1 / 120).fill,
          inset: -0.3,
        }),
      ],
    }),
  }
}
