import type { JSX } from 'preact'
import type { GridCell, GridView } from '../../src/pages/views.ts'
import { shade } from './color.ts'
import { Scroll } from './parts.tsx'
import { addressOf } from './route.ts'

/** Scores by two settings, as a table whose cells lead to their runs. Cells without a trial are empty. */
export function HeatMap({ grid }: { readonly grid: GridView }): JSX.Element {
  const { title, x, y, columns, rows, cells } = grid
  const at = (column: number, row: number): GridCell | undefined =>
    cells.find((cell) => cell.column === column && cell.row === row)
  return (
    <figure class="grid">
      <figcaption>{title}</figcaption>
      <Scroll label={`scores ${title}`}>
        <table class="matrix">
          <thead>
            <tr>
              <th scope="col">
                {y && `${y} `}
                <span class="soft">{`by ${x}`}</span>
              </th>
              {columns.map((column) => (
                <th scope="col" key={column}>
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, j) => (
              <tr key={row}>
                <th scope="row">{row || 'score'}</th>
                {columns.map((column, i) => (
                  <Cell key={column} cell={at(i, j)} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </figure>
  )
}

function Cell({ cell }: { readonly cell: GridCell | undefined }): JSX.Element {
  if (cell === undefined) return <td class="empty" />
  const { ids, text, detail, isBest, shade: place } = cell
  const colors = place === undefined ? undefined : shade(place)
  const [id] = ids
  const to =
    ids.length > 1 ? addressOf({ page: 'compare', ids }) : id ? addressOf({ page: 'run', id }) : undefined
  return (
    <td class={isBest ? 'best' : ''} style={colors ?? {}} title={detail}>
      {to === undefined ? text : <a href={to}>{text}</a>}
    </td>
  )
}
