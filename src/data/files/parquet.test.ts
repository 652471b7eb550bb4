import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateRawSync, gzipSync } from 'node:zlib'
import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer'
import { afterAll, expect, test } from 'vitest'
import type { TableOptions } from '../formats/table.ts'
import { collect } from '../stream.ts'
import { parquet, parquetStream } from './parquet.ts'

const folder = mkdtempSync(join(tmpdir(), 'evenstep-parquet-'))
afterAll(() => rmSync(folder, { recursive: true }))

const path = join(folder, 'a.parquet')
const file = (columnData: ColumnSource[], options: object = {}): string => {
  writeFileSync(path, Buffer.from(parquetWriteBuffer({ columnData, ...options })))
  return path
}
const upTo = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i))

const n = 10_000
const columns: ColumnSource[] = [
  { name: 'float', data: Float32Array.from({ length: n }, (_, i) => i / 3), type: 'FLOAT' },
  { name: 'kind', data: upTo(n, (i) => ['cat', 'dog', 'bird'][i % 3]), type: 'STRING' },
  { name: 'integer', data: BigInt64Array.from({ length: n }, (_, i) => BigInt(-i)), type: 'INT64' },
  { name: 'flag', data: upTo(n, (i) => i % 2 === 0), type: 'BOOLEAN' },
]

test('a Parquet file becomes a data set, and a stream with the same numbers', async () => {
  for (const options of [
    {},
    { rowGroupSize: 3001 },
    { codec: 'GZIP', compressors: { GZIP: (bytes: Uint8Array) => gzipSync(bytes) } },
  ]) {
    const set = await parquet(file(columns, options), { label: 'kind' })
    expect([set.length, set.x.shape, set.classNames]).toEqual([n, [3], ['bird', 'cat', 'dog']])
    expect(set.featureNames).toEqual(['float', 'integer', 'flag'])
    expect(Array.from(set.x.data.slice(3, 9), Number)).toEqual([
      Math.fround(1 / 3),
      -1,
      0,
      Math.fround(2 / 3),
      -2,
      1,
    ])
    expect(Array.from(set.y.data.slice(0, 4), Number)).toEqual([1, 2, 0, 1])
    const stream = await parquetStream(path, { label: 'kind', classNames: set.classNames! })
    expect(await collect(stream)).toEqual(set)
  }
})

test('columns may be targets, and rows with missing values left out', async () => {
  const few: ColumnSource[] = [
    { name: 'a', data: [1, null, 3, 4], type: 'DOUBLE' },
    { name: 'b', data: [5, 6, 7, null], type: 'DOUBLE' },
  ]
  await expect(parquet(file(few), { target: 'b' })).rejects.toThrow(
    'a.parquet: wanted a value at row 1, column a, got null; ' +
      "leave such rows out with missing: 'drop', or give a number for missing features",
  )
  const set = await parquet(path, { target: 'b', missing: 'drop', dtype: 'float64' })
  expect([set.x.data, set.y.data]).toEqual([Float64Array.of(1, 3), Float64Array.of(5, 7)])
})

test('a Parquet file says what is wrong with it', async () => {
  const refuses = (options: TableOptions, message: string): Promise<void> =>
    expect(parquet(path, options)).rejects.toThrow(message)
  file(columns)
  await refuses({ target: 'kind' }, 'a.parquet: wanted a number at row 0, column kind, got "cat"')
  await refuses(
    { label: 'kin' },
    'a.parquet: wanted a column that is one of float, kind, integer, flag, got kin; did you mean kind?',
  )
  await refuses(
    { label: 'kind', classNames: ['cat'] },
    'a.parquet: wanted one of cat at row 1, column kind, got "dog"',
  )
  await expect(parquetStream(path, { label: 'kind' })).rejects.toThrow(
    'a.parquet: wanted classNames or classes, for labels are unknown before the end of a stream, got nothing',
  )
  writeFileSync(path, readFileSync(path).subarray(0, 500))
  await refuses({ label: 'kind' }, 'a.parquet: wanted a Parquet file, got one that cannot be read: ')
  writeFileSync(path, deflateRawSync(Buffer.from('no')))
  await refuses({ label: 'kind' }, 'a.parquet: wanted a Parquet file, got one that cannot be read: ')
})

test('a row group that is decoded in parts gives every row once', async () => {
  const rows = 2_500_000 // 20 MB of examples
  const ramp = Float32Array.from({ length: rows }, (_, i) => i)
  const columnData: ColumnSource[] = [
    { name: 'x', data: ramp, type: 'FLOAT' },
    { name: 'y', data: ramp, type: 'FLOAT' },
  ]
  const stream = await parquetStream(file(columnData, { rowGroupSize: rows }), { target: 'y' })
  let next = 0
  for await (const { x, y, length } of stream.read(0)) {
    expect(length).toBeLessThanOrEqual(4096)
    for (let i = 0; i < length; i++, next++)
      if (x[i] !== next || y[i] !== next) expect.unreachable(`row ${next}`)
  }
  expect(next).toBe(rows)
})
