import { malformed } from '../../core/mismatch.ts'
import { decimal, type ParquetColumn } from '../formats/parquet-columns.ts'
import type { ParquetFile } from '../formats/parquet-file.ts'
import type { IsSkipped, RawRow, RowSource } from './rows.ts'

/** Maximum number of cells that are decoded at a time, unless a row group has over `maxParts` times as many. */
const partCells = 2 ** 20

/** Maximum number of parts per row group: few, since decoding any part starts at the group's beginning. */
const maxParts = 16

/**
 * Returns the rows of a Parquet file as they are in the file.
 *
 * @param isSkipped whether a column, which holds single values or lists, is not decoded; its cells are null
 */
export const parquetRowSource = (file: ParquetFile, isSkipped: IsSkipped): RowSource => ({
  name: file.name,
  unit: 'row',
  columns: file.columns.map(({ name }) => name),
  read: (): AsyncGenerator<readonly RawRow[]> => parquetRows(file, isSkipped),
})

/**
 * Yields the rows of a Parquet file, some at a time. Row 0 is the first.
 *
 * @param isSkipped whether a column, which holds single values or lists, is not decoded; its cells are null
 * @throws {FormatError} when a column that is not skipped holds lists, maps or bytes.
 */
async function* parquetRows(file: ParquetFile, isSkipped: IsSkipped): AsyncGenerator<readonly RawRow[]> {
  const columns = file.columns.map((column) =>
    isSkipped(column.name, isSingle(column)) ? undefined : column,
  )
  for (const column of columns) if (column) checkValues(file.name, column)
  const cells = Math.ceil(partCells / columns.length)
  let start = 0
  for (const group of file.groups) {
    const end = start + group
    const size = Math.max(cells, Math.ceil(group / maxParts))
    for (; start < end; start += size) yield await rowsAt(file, columns, start, Math.min(size, end - start))
    start = end
  }
}

async function rowsAt(
  file: ParquetFile,
  columns: readonly (ParquetColumn | undefined)[],
  start: number,
  rows: number,
): Promise<readonly RawRow[]> {
  const found: { readonly cells: unknown[]; readonly place: number }[] = []
  for (let i = 0; i < rows; i++) found.push({ cells: new Array(columns.length).fill(null), place: start + i })
  for (const [at, column] of columns.entries()) {
    if (!column) continue
    const values = await file.values(column, start, rows)
    const { scale } = column
    for (let i = 0; i < rows; i++) {
      found[i]!.cells[at] = scale === undefined ? values[i] : decimal(values[i], scale)
    }
  }
  return found
}

/** Kinds of values, other than numbers, booleans and texts, that a table can hold. */
const dates: ReadonlySet<string> = new Set(['dates', 'timestamps', 'UUIDs'])

/** Whether a column holds values that a table can hold, rather than lists, maps or bytes. */
const isSingle = ({ isList, other }: ParquetColumn): boolean =>
  !isList && (other === undefined || dates.has(other))

function checkValues(name: string, columnOf: ParquetColumn): void {
  if (isSingle(columnOf)) return
  const { name: column, isList, other } = columnOf
  const got = isList ? 'lists' : other!
  throw malformed(
    name,
    `single values in column ${column}`,
    got,
    `leave it out with columns: { ${JSON.stringify(column)}: 'ignore' }`,
  )
}
