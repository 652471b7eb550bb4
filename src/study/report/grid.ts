import { bestOf } from '../analysis/cells.ts'
import type { Cell, Findings } from '../analysis/findings.ts'
import type { Value } from '../trial.ts'
import { count, dash, interval, significant } from './number.ts'
import {
  describeSettings,
  groupBy,
  identity,
  normalization,
  rate,
  schedule,
  testedValues,
  valueKey,
} from './settings.ts'

/** The cells that differ in two factors alone: one across, one down. */
export interface Grid {
  /** What they share: normalisation and other factors; empty when there is none. */
  readonly name: string
  readonly x: string
  /** Absent when one factor was varied: then there is one row. */
  readonly y: string | undefined
  /** Last, nothing where some cells have no such setting. */
  readonly columns: readonly (Value | undefined)[]
  readonly rows: readonly (Value | undefined)[]
  readonly cells: readonly Cell[]
  /** Of the cells of which every seed was done; absent where there is none. */
  readonly best: Cell | undefined
  at(column: Value | undefined, row: Value | undefined): Cell | undefined
}

/** All cells as grids, one for each value of other factors and normalisation, the latter side by side. */
export function gridsOf(findings: Findings): readonly Grid[] {
  const { x, y } = axesOf(findings)
  const groups = groupBy(longest(findings.cells), ({ settings }) => identity(settings, [x, y ?? x]))
  const grids = [...groups.values()].map((cells) => gridOf(findings, x, y, cells))
  const others = Object.keys(findings.factors).filter((name) => ![x, y, normalization].includes(name))
  return [normalization, ...others.reverse()].reduce(
    (sorted, factor) => sortBy(sorted, findings, factor),
    grids,
  )
}

/** Grids in the order of a factor's values; those that share one stay in the order they have. */
function sortBy(grids: readonly Grid[], findings: Findings, factor: string): Grid[] {
  const keys = testedValues(findings, factor).map(valueKey)
  const place = ({ cells }: Grid): number => keys.indexOf(valueKey(cells[0]!.settings[factor]))
  return [...grids].sort((a, b) => place(a) - place(b))
}

function gridOf(findings: Findings, x: string, y: string | undefined, cells: readonly Cell[]): Grid {
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
    best: bestOf(
      cells.filter((cell) => scoreOf(cell) !== undefined),
      findings.metric.goal,
    ),
    at: (column, row) => at.get(place(column, row)),
  }
}

function valuesAmong(
  findings: Findings,
  cells: readonly Cell[],
  factor: string,
): readonly (Value | undefined)[] {
  const values = testedValues(findings, factor)
  return cells.some(({ settings }) => !Object.hasOwn(settings, factor)) ? [...values, undefined] : values
}

/** The rate goes across and the schedule down; where there is none, the factors with most values do. */
function axesOf({ factors }: Findings): { readonly x: string; readonly y: string | undefined } {
  const names = Object.keys(factors)
    .filter((name) => name !== normalization)
    .sort((a, b) => factors[b]!.length - factors[a]!.length)
  const x = rate in factors ? rate : (names.find((name) => name !== schedule) ?? names[0] ?? normalization)
  return { x, y: schedule in factors && x !== schedule ? schedule : names.find((name) => name !== x) }
}

/** Of cells that differ in their round alone, the one of the last. */
export function longest(cells: readonly Cell[]): readonly Cell[] {
  const groups = groupBy(cells, ({ settings }) => identity(settings)).values()
  return [...groups].map((some) => some.reduce((a, b) => (b.rung > a.rung ? b : a)))
}

/** The last round of a race, from 0. */
export function lastRound({ cells }: Findings): number {
  return Math.max(...cells.map(({ rung }) => rung))
}

/** A cell's score, where it has one. */
export function scoreOf({ score }: Cell): number | undefined {
  return score !== undefined && Number.isFinite(score.value) ? score.value : undefined
}

/** What was lost of a cell: `×` when nothing else is left of it, `1×` when one seed of some diverged. */
export function lostOf(cell: Cell): string {
  if (scoreOf(cell) === undefined) return cell.diverged > 0 ? '×' : cell.failed > 0 ? 'failed' : dash
  return cell.diverged > 0 ? `${cell.diverged}×` : ''
}

/** All that came of a cell, in words. */
export function outcome(cell: Cell): string {
  const parts = [
    ...(cell.score ? [`${significant(cell.score.value)} (${interval(cell.score)})`] : []),
    ...(cell.diverged > 0 ? [`${cell.diverged} diverged`] : []),
    ...(cell.failed > 0 ? [`${cell.failed} failed`] : []),
  ]
  return `${parts.join(', ') || dash}\n${count(cell.steps)} steps`
}
