import { count, counted } from '../../core/text.ts'
import type { ColumnEncoding, TableEncoding } from './encoding.ts'

/**
 * Returns a note on how the columns of a table are encoded: a line for each, aligned.
 *
 * @param name name of the table's file, if known
 */
export function tableNote({ columns }: TableEncoding, name = 'table'): string {
  const width = (of: (column: ColumnEncoding) => string): number =>
    Math.min(30, Math.max(0, ...columns.map((column) => of(column).length)))
  const [names, kinds] = [width((c) => c.name), width((c) => c.kind)]
  const lines = columns.map((column) =>
    `  ${column.name.padEnd(names)}  ${column.kind.padEnd(kinds)}  ${detail(column)}`.trimEnd(),
  )
  return [`${name}: ${counted(columns.length, 'column')} of features`, ...lines].join('\n')
}

function detail(column: ColumnEncoding): string {
  if (column.kind === 'category') {
    const { values, rare } = column
    const kept = values.filter((value) => value !== null).length
    const all = `${counted(kept, 'value')}${values.includes(null) ? ', and missing' : ''}, and rare`
    if (rare === undefined) return all
    return `${all} (${count(rare)} of ${count(kept + rare)} values are; tell another kind, or 'ignore')`
  }
  if (column.kind === 'text') return `${column.by} in ${count(column.buckets)} buckets`
  if (column.kind === 'ignore') return column.because ?? ''
  const missing = column.indicator ? 'missing values filled in, with an indicator' : ''
  return column.kind === 'ordinal' ? [column.order.join(' < '), missing].filter(Boolean).join('; ') : missing
}
