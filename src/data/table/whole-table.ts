import { TableBuilder } from './builder.ts'
import type { ColumnKinds } from './kinds.ts'
import type { RowSource } from './rows.ts'
import type { MixedTable } from './table.ts'
import type { MixedCsvValues, MixedValues } from './table-options.ts'

/** Reads all rows of a source into a table. */
export async function wholeTable(
  { name, columns, unit, read }: RowSource,
  options: MixedValues | MixedCsvValues,
): Promise<MixedTable> {
  const builder = new TableBuilder(name, columns, options, unit)
  for await (const rows of read()) for (const row of rows) builder.add(row)
  return builder.table()
}

/** Returns the names of the columns that the option `columns` ignores. */
export const ignoredIn = (columns: ColumnKinds = {}): ReadonlySet<string> =>
  new Set(
    Object.entries(columns).flatMap(([name, kind]) =>
      kind === 'ignore' || Object(kind).kind === 'ignore' ? [name] : [],
    ),
  )
