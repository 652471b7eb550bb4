import type { Cell, Findings } from '../study/analysis/findings.ts'
import { colorRamp, type Ramp } from '../study/report/color.ts'
import { type Grid, gridsOf, isWhole, lostOf, outcome, scoreOf } from '../study/report/grid.ts'
import { numeral } from '../study/report/number.ts'
import { label } from '../study/report/settings.ts'
import { keyOf } from '../study/settings.ts'
import type { GridCell, GridView } from './views.ts'

/** Returns the heat maps of a study's scores so far. @param ids ids of the trials of a combination, by `keyOf` */
export function gridViews(findings: Findings, ids: ReadonlyMap<string, readonly string[]>): GridView[] {
  const { cells, metric } = findings
  const scores = cells.filter(isWhole).flatMap((cell) => scoreOf(cell) ?? [])
  const ramp = colorRamp(scores, metric.goal)
  return gridsOf(findings).map((grid) => ({
    title: grid.name,
    x: grid.x,
    y: grid.y ?? '',
    columns: grid.columns.map(label),
    rows: grid.rows.map((row) => (grid.y === undefined ? '' : label(row))),
    cells: cellsOfGrid(grid, ramp, ids),
  }))
}

const cellsOfGrid = (grid: Grid, ramp: Ramp, ids: ReadonlyMap<string, readonly string[]>): GridCell[] =>
  grid.rows.flatMap((value, row) =>
    grid.columns.flatMap((of, column) => {
      const cell = grid.at(of, value)
      if (cell === undefined) return []
      const made = { ...cellView(cell, ramp), isBest: cell === grid.best }
      return [{ column, row, ids: ids.get(keyOf(cell.settings)) ?? [], ...made }]
    }),
  )

function cellView(cell: Cell, ramp: Ramp): Pick<GridCell, 'shade' | 'text' | 'detail'> {
  const score = scoreOf(cell)
  const lost = lostOf(cell)
  if (score === undefined) return { text: lost, detail: outcome(cell) }
  const text = [numeral(score, 3), lost].filter(Boolean).join(' ')
  return { text, detail: outcome(cell), ...(isWhole(cell) && { shade: ramp.at(score) }) }
}
