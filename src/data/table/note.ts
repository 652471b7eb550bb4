import { count, counted } from '../../core/text.ts'
import type { ColumnEncoding, TableEncoding } from './encoding.ts'

/**
 * Returns a note on how the columns of a table are encoded: a line for each, aligned.
 *
 * @param name name of the table's file, if known
 * @param distinct number of distinct values of columns of categories, if known
 */
export function tableNote(
  { columns }: TableEncoding,
  name = 'table',
  distinct: ReadonlyMap<string, number> = new Map(),
): string {
  const width = (of: (column: ColumnEncoding) => string): number =>
    Math.min(30, Math.max(0, ...columns.map((column) => of(column).length)))
  const [names, kinds] = [width((c) => c.name), width((c) => c.kind)]
  const lines = columns.map((column) =>
    `  ${column.name.padEnd(names)}  ${column.kind.padEnd(kinds)}  ${detail(column, distinct.get(column.name))}`.trimEnd(),
  )
  return [`${name}: ${counted(columns.length, 'column')} of features`, ...lines].join('\n')
}

/** Minimum share of rare values in a category that makes it suspect. */
const mostlyRare = 0.9

function detail(column: ColumnEncoding, distinct = 0): string {
  if (column.kind === 'category') {
    const kept = column.values.filter((value) => value !== null).length
    const rare = distinct - kept
    const isSuspect = rare > 1 && rare >= mostlyRare * distinct
    const doubt = isSuspect
      ? ` (${count(rare)} of ${count(distinct)} values are; tell another kind, or 'ignore')`
      : ''
    return `${counted(kept, 'value')}${column.values.includes(null) ? ', and missing' : ''}, and rare${doubt}`
  }
  if (column.kind === 'text') return `${column.by} in ${count(column.buckets)} buckets`
  if (column.kind === 'ignore') return column.because ?? ''
  const missing = column.indicator ? 'missing values filled in, with an indicator' : ''
  return column.kind === 'ordinal' ? [column.order.join(' < '), missing].filter(Boolean).join('; ') : missing
}
