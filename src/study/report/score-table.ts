import { count, dash } from '../../core/text.ts'
import type { Cell, Findings } from '../analysis/findings.ts'
import { type Grid, lastRound, lostOf, scoreOf } from './grid.ts'
import { interval, numeral } from './number.ts'
import { type Table, tableBlock } from './section.ts'
import { label } from './settings.ts'

/** Returns a grid's mean scores as a table: a row for each value of factor `y`, a column for each of `x`. */
export function gridTable(findings: Findings, { name, x, y, columns, rows, best, at }: Grid): Table {
  const last = lastRound(findings)
  const { metric } = findings
  return tableBlock(
    `${metric.name}${name ? `, ${name}` : ''}; ★ the best, × diverged`,
    1,
    [y ?? '', ...columns.map((value) => `${x} ${label(value)}`)],
    rows.map((row) => [
      y === undefined ? metric.name : label(row),
      ...columns.map((column) => entry(at(column, row), best, last)),
    ]),
  )
}

function entry(cell: Cell | undefined, best: Cell | undefined, last: number): string {
  if (cell === undefined) return dash
  const score = scoreOf(cell) === undefined ? '' : `${numeral(scoreOf(cell))}${cell === best ? ' ★' : ''}`
  const steps = cell.rung < last ? `(${count(cell.steps)} steps)` : ''
  return [score, lostOf(cell), steps].filter((text) => text !== '').join(' ')
}

/** Returns a table with a row of results for each cell (trials of one combination of settings in a round). */
export function cellTable({ cells, factors, metric }: Findings): Table {
  const names = Object.keys(factors)
  const rows = cells.map((cell) => [
    ...names.map((name) => label(cell.settings[name])),
    count(cell.steps),
    numeral(cell.score?.value),
    cell.score ? interval(cell.score) : dash,
    count(Object.keys(cell.scores).length),
    count(cell.diverged),
    count(cell.failed),
  ])
  const caption = `Each combination: ${metric.name} and its 95 % interval over seeds`
  const columns = [...names, 'steps', 'mean', '95 % interval', 'seeds', 'diverged', 'failed']
  return { ...tableBlock(caption, names.length, columns, rows), long: cells.length > 12 }
}
