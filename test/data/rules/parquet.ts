import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SchemaElement } from 'hyparquet'
import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer'
import type { Dataset } from '../../../src/data/dataset.ts'
import { parquetStream, parquet as readParquet } from '../../../src/data/files/parquet.ts'
import type { TableOptions } from '../../../src/data/formats/table.ts'
import { collect } from '../../../src/data/stream.ts'
import { folder, type Reader } from './reading.ts'

/** Types of Parquet by the beginning of a column's name, as in `list_v`; numbers are doubles otherwise. */
const types = { int: 'INT64', bool: 'BOOLEAN', date: 'TIMESTAMP' } as const

function schemaOf(name: string, data: readonly unknown[]): SchemaElement[] {
  const optional = { name, repetition_type: 'OPTIONAL' } as const
  if (name.startsWith('list')) {
    return [
      { ...optional, num_children: 1, converted_type: 'LIST' } as const,
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 } as const,
      { name: 'element', repetition_type: 'OPTIONAL', type: 'DOUBLE' } as const,
    ]
  }
  if (name.startsWith('dec'))
    return [{ ...optional, type: 'INT32', converted_type: 'DECIMAL', scale: 2, precision: 9 } as const]
  if (data.some((value) => typeof value === 'string'))
    return [{ ...optional, type: 'BYTE_ARRAY', converted_type: 'UTF8' } as const]
  const type = types[name.slice(0, name.indexOf('_')) as keyof typeof types] ?? 'DOUBLE'
  if (type === 'TIMESTAMP')
    return [{ ...optional, type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' } as const]
  return [{ ...optional, type }]
}

/** Writes a Parquet file of columns by name and reads it, into memory and as a stream, which must agree. */
export const parquet: Reader = async (
  columns: Readonly<Record<string, unknown[]>>,
  options: TableOptions,
): Promise<Dataset> => {
  const path = join(folder, 'a.parquet')
  const columnData: ColumnSource[] = Object.entries(columns).map(([name, data]) => ({ name, data }))
  const schema: SchemaElement[] = [
    { name: 'schema', num_children: columnData.length },
    ...Object.entries(columns).flatMap(([name, data]) => schemaOf(name, data)),
  ]
  writeFileSync(path, new Uint8Array(parquetWriteBuffer({ columnData, schema })))
  const whole = await readParquet(path, options)
  const { classes, classNames } = whole
  const names = classNames !== undefined ? { classNames } : classes !== undefined ? { classes } : {}
  const streamed = await collect(await parquetStream(path, { ...options, ...names }))
  if (JSON.stringify(streamed) !== JSON.stringify(whole)) throw new Error('the stream has other examples')
  return whole
}
