import { count, dash } from '../../core/text.ts'
import { bestOf } from '../analysis/cells.ts'
import type { Cell, Findings } from '../analysis/findings.ts'
import { groupedBy, keyOf, valueKey, without } from '../settings.ts'
import type { Value } from '../trial.ts'
import { interval, numeral } from './number.ts'
import { describeSettings, testedValues } from './settings.ts'

/**
 * A table of a study's results: a column for each value of the factor `x`, and a row for each value of the factor `y`.
 * Each entry is a cell, which stands for all trials of one combination of settings.
 */
export interface Grid {
  /** Text with the settings that all cells have in common, such as `batch`; empty if there are none. */
  readonly name: string
  readonly x: string
  /** The factor with a row for each value; undefined, with a single row, if the study varies only one factor. */
  readonly y: string | undefined
  /** Values of the factor `x`; the last is undefined if some cells have no value of `x`. */
  readonly columns: readonly (Value | undefined)[]
  readonly rows: readonly (Value | undefined)[]
  readonly cells: readonly Cell[]
  /** The best-scoring cell of those in which all seeds finished; undefined if there is none. */
  readonly best: Cell | undefined
  at(column: Value | undefined, row: Value | undefined): Cell | undefined
}

/**
 * Splits a study's cells (all trials of one combination of settings) into grids: one for each combination
 * of values of the factors that are not axes. Grids that differ only in the normalization are adjacent.
 */
export function gridsOf(findings: Findings): readonly Grid[] {
  const { x, y } = axesOf(findings)
  const groups = groupedBy(longest(findings.cells), ({ settings }) => keyOf(without(settings, [x, y ?? x])))
  const grids = [...groups.values()].map((cells) => gridOf(findings, x, y, cells))
  const others = Object.keys(findings.factors).filter((name) => ![x, y, 'normalization'].includes(name))
  // The sort is stable, so the factor that is sorted by last determines the order first.
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

/** Chooses a grid's axes: learning rate for `x`, schedule for `y`; for one not varied, the factor with most values. */
function axesOf({ factors }: Findings): { readonly x: string; readonly y: string | undefined } {
  const names = Object.keys(factors)
    .filter((name) => name !== 'normalization')
    .sort((a, b) => factors[b]!.length - factors[a]!.length)
  const x =
    'lr' in factors ? 'lr' : (names.find((name) => name !== 'schedule') ?? names[0] ?? 'normalization')
  return { x, y: 'schedule' in factors && x !== 'schedule' ? 'schedule' : names.find((name) => name !== x) }
}

/** Returns, for each combination of settings, its cell (trials) in the last round that it reached in a race. */
export function longest(cells: readonly Cell[]): readonly Cell[] {
  const groups = groupedBy(cells, ({ settings }) => keyOf(settings)).values()
  return [...groups].map((some) => some.reduce((a, b) => (b.rung > a.rung ? b : a)))
}

/** Returns the number of the last round of a race, counted from 0; 0 for other designs. */
export const lastRound = ({ cells }: Findings): number => Math.max(...cells.map(({ rung }) => rung))

/** Returns a cell's score averaged over seeds; undefined if there is no score, or it is not finite. */
export const scoreOf = ({ score }: Cell): number | undefined =>
  score !== undefined && Number.isFinite(score.value) ? score.value : undefined

/** Whether no seed of a cell diverged or failed; only such cells are coloured, or can be the best. */
export const isWhole = ({ diverged, failed }: Cell): boolean => diverged + failed === 0

/** Returns a mark for diverged trials, such as `2×` for two; without any score, `×` (diverged) or `failed`. */
export function lostOf(cell: Cell): string {
  if (scoreOf(cell) === undefined) return cell.diverged > 0 ? '×' : cell.failed > 0 ? 'failed' : dash
  return cell.diverged > 0 ? `${cell.diverged}×` : ''
}

/** Describes a cell in two lines: score, interval and number of diverged or failed seeds; then the number of steps. */
export function outcome(cell: Cell): string {
  const parts = [
    ...(cell.score ? [`${numeral(cell.score.value)} (${interval(cell.score)})`] : []),
    ...(cell.diverged > 0 ? [`${cell.diverged} diverged`] : []),
    ...(cell.failed > 0 ? [`${cell.failed} failed`] : []),
  ]
  return `${parts.join(', ') || dash}\n${count(cell.steps)} steps`
}
