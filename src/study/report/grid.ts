import { count, dash } from '../../core/text.ts'
import { bestOf } from '../analysis/cells.ts'
import type { Cell, Findings } from '../analysis/findings.ts'
import { groupedBy, keyOf, valueKey, without } from '../settings.ts'
import type { Value } from '../trial.ts'
import { interval, numeral } from './number.ts'
import { describeSettings, testedValues } from './settings.ts'

/** Cells that differ only in two factors: `x` runs across, `y` down. */
export interface Grid {
  /** The settings that all cells share, such as the normalization; empty if none. */
  readonly name: string
  readonly x: string
  /** Undefined where only one factor varies: the grid has a single row. */
  readonly y: string | undefined
  /** Values of `x`; the last is undefined if some cells lack the setting. */
  readonly columns: readonly (Value | undefined)[]
  readonly rows: readonly (Value | undefined)[]
  readonly cells: readonly Cell[]
  /** The best cell whose every seed finished, if any. */
  readonly best: Cell | undefined
  at(column: Value | undefined, row: Value | undefined): Cell | undefined
}

/**
 * Splits the cells into grids, one for each combination of the other factors. Grids that differ only in the
 * normalization are adjacent.
 */
export function gridsOf(findings: Findings): readonly Grid[] {
  const { x, y } = axesOf(findings)
  const groups = groupedBy(longest(findings.cells), ({ settings }) => keyOf(without(settings, [x, y ?? x])))
  const grids = [...groups.values()].map((cells) => gridOf(findings, x, y, cells))
  const others = Object.keys(findings.factors).filter((name) => ![x, y, 'normalization'].includes(name))
  // The sort is stable, so that the last factor to sort by decides first.
  for (const factor of ['normalization', ...others.reverse()]) {
    const keys = testedValues(findings, factor).map(valueKey)
    const place = ({ cells }: Grid): number => keys.indexOf(valueKey(cells[0]!.settings[factor]))
    grids.sort((a, b) => place(a) - place(b))
  }
  return grids
}

function gridOf(findings: Findings, x: string, y: string | undefined, cells: readonly Cell[]): Grid {
  const scored = cells.filter((cell) => scoreOf(cell) !== undefined)
  const place = (column: Value | undefined, row: Value | undefined): string =>
    `${valueKey(column)} ${valueKey(row)}`
  const at = new Map(cells.map((cell) => [place(cell.settings[x], y && cell.settings[y]), cell]))
  return {
    name: describeSettings(cells[0]!.settings, [x, y ?? x]),
    x,
    y,
    columns: valuesAmong(findings, cells, x),
    rows: y === undefined ? [undefined] : valuesAmong(findings, cells, y),
    cells,
    best: bestOf(scored, findings.metric.goal),
    at: (column, row) => at.get(place(column, row)),
  }
}

function valuesAmong(findings: Findings, cells: readonly Cell[], factor: string): Grid['columns'] {
  const values = testedValues(findings, factor)
  return cells.some(({ settings }) => !Object.hasOwn(settings, factor)) ? [...values, undefined] : values
}

/** Chooses the factors of a grid: the rate across and the schedule down, or else those with most values. */
function axesOf({ factors }: Findings): { readonly x: string; readonly y: string | undefined } {
  const names = Object.keys(factors)
    .filter((name) => name !== 'normalization')
    .sort((a, b) => factors[b]!.length - factors[a]!.length)
  const x =
    'lr' in factors ? 'lr' : (names.find((name) => name !== 'schedule') ?? names[0] ?? 'normalization')
  return { x, y: 'schedule' in factors && x !== 'schedule' ? 'schedule' : names.find((name) => name !== x) }
}

/** Returns the cell of each combination from the last round that it reached. */
export function longest(cells: readonly Cell[]): readonly Cell[] {
  const groups = groupedBy(cells, ({ settings }) => keyOf(settings)).values()
  return [...groups].map((some) => some.reduce((a, b) => (b.rung > a.rung ? b : a)))
}

/** The number of the last round of a race, from 0. */
export const lastRound = ({ cells }: Findings): number => Math.max(...cells.map(({ rung }) => rung))

/** The mean score of a cell, if finite. */
export const scoreOf = ({ score }: Cell): number | undefined =>
  score !== undefined && Number.isFinite(score.value) ? score.value : undefined

/** Marks the seeds that a cell lost: `×` if all diverged, `1×` if one of several did. */
export function lostOf(cell: Cell): string {
  if (scoreOf(cell) === undefined) return cell.diverged > 0 ? '×' : cell.failed > 0 ? 'failed' : dash
  return cell.diverged > 0 ? `${cell.diverged}×` : ''
}

/** Describes the results of a cell in words. */
export function outcome(cell: Cell): string {
  const parts = [
    ...(cell.score ? [`${numeral(cell.score.value)} (${interval(cell.score)})`] : []),
    ...(cell.diverged > 0 ? [`${cell.diverged} diverged`] : []),
    ...(cell.failed > 0 ? [`${cell.failed} failed`] : []),
  ]
  return `${parts.join(', ') || dash}\n${count(cell.steps)} steps`
}
