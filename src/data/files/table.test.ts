import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer'
import { afterAll, describe, expect, test } from 'vitest'
import type { Batch } from '../batch.ts'
import type { Dataset } from '../dataset.ts'
import { recipeOf } from '../recipe.ts'
import { split } from '../split.ts'
import { collect, type Stream } from '../stream.ts'
import { parseTable } from '../table/parse-table.ts'
import { table, tableStream } from './table.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-table-'))
afterAll(() => rmSync(root, { recursive: true }))
const at = (name: string): string => join(root, name)
const file = (name: string, content: string | Uint8Array): string => {
  writeFileSync(at(name), content)
  return at(name)
}

const rows = Array.from({ length: 2100 }, (_, i) => [
  i % 11 ? (i * 37) % 1009 : '',
  ['red', 'green', '', 'blue'][(i * 7) % 4],
  `2024-0${1 + (i % 9)}-1${i % 10}`,
  `some words number ${i % 501} of row ${i}`,
  ['no', 'yes'][i % 2],
  ['b', 'a', 'c'][i % 3],
])
const names = ['n', 'c', 'd', 't', 'b', 'y']
const text = [names, ...rows].map((row) => row.join(',')).join('\n')
const path = file('rows.csv', text)
/** The options of a small encoding. */
const small = { label: 'y', columns: { t: { kind: 'text', buckets: 4 } } } as const
const whole = async (from: string, options = {}): Promise<Dataset> => {
  const read = await table(from, { ...small, ...options })
  return read.encodedBy(read.encoding())
}

describe('a table is read', () => {
  test('from text between tabs, and gzipped', async () => {
    const wanted = await whole(path)
    const tabs = file('rows.tsv', text.replaceAll(',', '\t'))
    expect((await whole(tabs)).x).toEqual(wanted.x)
    expect((await whole(file('rows.csv.gz', gzipSync(text)))).y).toEqual(wanted.y)
    expect(wanted.x.shape).toEqual([2 + 1 + 5 + 4 + 1])
  })

  test('from Parquet, with values of any type', async () => {
    const column = (i: number): unknown[] => rows.map((row) => (row[i] === '' ? null : row[i]))
    const columnData = [
      { name: 'n', data: column(0), type: 'DOUBLE' },
      { name: 'c', data: column(1), type: 'STRING' },
      { name: 'd', data: column(2).map((day) => new Date(String(day))), type: 'TIMESTAMP' },
      { name: 't', data: column(3), type: 'STRING' },
      { name: 'b', data: column(4).map((one) => one === 'yes'), type: 'BOOLEAN' },
      { name: 'y', data: column(5), type: 'STRING' },
    ] as ColumnSource[]
    const parquet = file(
      'rows.parquet',
      new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 700 })),
    )
    const [found, wanted] = [await whole(parquet), await whole(path)]
    expect(recipeOf(found)!.encoding).toEqual(recipeOf(wanted)!.encoding)
    expect(found.x).toEqual(wanted.x)
    expect([found.y, found.classNames]).toEqual([wanted.y, ['a', 'b', 'c']])
    await expect(table(parquet, { label: 'y', delimiter: ';' })).rejects.toThrow(
      'table: wanted one of label, target, weight, classNames, classes, naValues, columns, missing, signal, got delimiter',
    )
    const stream = await tableStream(parquet, small)
    expect((await collect(stream)).x).toEqual(wanted.x)
  })

  test('unless a column holds lists, which may be ignored', async () => {
    const columnData = [
      { name: 'n', data: [1, 2, 5] },
      { name: 'l', data: [[1], [2], [3]] },
      { name: 'y', data: ['a', 'b', 'a'] },
    ] as ColumnSource[]
    const schema = [
      { name: 'root', num_children: 3 },
      { name: 'n', type: 'DOUBLE', repetition_type: 'REQUIRED' },
      { name: 'l', converted_type: 'LIST', repetition_type: 'OPTIONAL', num_children: 1 },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', type: 'DOUBLE', repetition_type: 'OPTIONAL' },
      { name: 'y', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
    ]
    const lists = file('lists.parquet', new Uint8Array(parquetWriteBuffer({ columnData, schema } as never)))
    await expect(table(lists, { label: 'y' })).rejects.toThrow(
      `lists.parquet: wanted single values in column l, got lists; leave it out with columns: { "l": 'ignore' }`,
    )
    const read = await table(lists, { label: 'y', columns: { l: 'ignore' } })
    expect(read.kinds).toEqual({ n: 'number', l: 'ignore' })
  })

  test('and a column of Parquet that is ignored can group the rows', async () => {
    const columnData = [
      { name: 'n', data: [1, 2, 5, 7], type: 'DOUBLE' },
      { name: 'who', data: ['p', 'q', 'p', 'q'], type: 'STRING' },
      { name: 'y', data: ['a', 'b', 'a', 'b'], type: 'STRING' },
    ] as ColumnSource[]
    const path = file('who.parquet', new Uint8Array(parquetWriteBuffer({ columnData })))
    const read = await table(path, { label: 'y', columns: { who: 'ignore' } })
    expect(read.column('who')).toEqual(['p', 'q', 'p', 'q'])
    const { validation } = split(read, { validation: 0.5, by: 'who', stratify: false })
    expect(new Set(Array.from(validation.y.data, Number)).size).toBe(1)
  })

  test('unless an order names one value twice', async () => {
    const columns = { n: { kind: 'ordinal', order: ['1', '2', '1.0'] } } as const
    expect(() => parseTable('n,y\n1,a\n', 'a.csv', { label: 'y', columns })).toThrow(
      'a.csv: column n: wanted different values in order, got "1 and 1.0, which are one"; leave one of them out',
    )
  })

  test('unless there is none, or the reading is aborted', async () => {
    await expect(table(at('none.csv'), { label: 'y' })).rejects.toThrow(
      'wanted a file, got none; check the path',
    )
    await expect(table(at('none.parquet'), { label: 'y' })).rejects.toThrow('wanted a file, got none')
    await expect(table(5 as never, { label: 'y' })).rejects.toThrow(
      'data: wanted the path of a file as a text, got 5',
    )
    await expect(table(path, {})).rejects.toThrow(
      'rows.csv: wanted either label, the column of classes, or target',
    )
    await expect(table(path, { label: 'y', signal: AbortSignal.abort('enough') })).rejects.toBe('enough')
    await expect(tableStream(path, { label: 'y', signal: AbortSignal.abort('enough') })).rejects.toBe(
      'enough',
    )
  })
})

describe('a stream', () => {
  const all = async (stream: Stream): Promise<Batch[]> => {
    const batches: Batch[] = []
    for await (const batch of stream.read(0)) batches.push(batch)
    return batches
  }

  test('has the rows of the table, some at a time', async () => {
    const stream = await tableStream(path, small)
    const wanted = await whole(path)
    expect(recipeOf(stream)).toEqual(recipeOf(wanted))
    expect(stream).toMatchObject({ classNames: ['a', 'b', 'c'], categories: wanted.categories })
    const batches = await all(stream)
    expect(batches.map(({ length }) => length)).toEqual([1024, 1024, 51, 1])
    const joined = await collect(stream)
    expect([joined.x, joined.y]).toEqual([wanted.x, wanted.y])
  })

  test('of booleans that are written as 1.0 and 0.0, with gaps', async () => {
    const flags = file('flags.csv', 'flag,y\n1.0,a\n,b\n0.0,a\n1.0,b\n')
    const stream = await tableStream(flags, { label: 'y' })
    expect(Array.from((await collect(stream)).x.data, Number)).toEqual([1, 0, 1, 1, 0, 0, 1, 0])
  })

  test('of another file is encoded as the first was', async () => {
    const train = await tableStream(path, small)
    const other = file('other.csv', 'y,n,c,d,t,b\nb,5,pink,2024-01-01,hello,no\n')
    const stream = await tableStream(other, { label: 'y', encodedAs: train })
    const [batch] = await all(stream)
    expect(batch!.length).toBe(1)
    expect(Array.from(batch!.y, Number)).toEqual([1])
    expect(recipeOf(stream)!.encoding).toEqual(recipeOf(train)!.encoding)
    expect(stream.fingerprint).not.toBe(train.fingerprint)
    const encoding = recipeOf(train)!.encoding!
    await expect(tableStream(other, { label: 'y', encodedAs: encoding })).rejects.toThrow(
      'tableStream: wanted classNames or classes beside an encoding without them, or the data that it was learnt from, got neither',
    )
    const named = await tableStream(other, { label: 'y', encodedAs: encoding, classNames: ['b', 'z'] })
    expect(Array.from((await all(named))[0]!.y, Number)).toEqual([0])
    const wrong = await tableStream(other, { label: 'y', encodedAs: encoding, classNames: ['a', 'z'] })
    await expect(all(wrong)).rejects.toThrow('other.csv: wanted one of a, z at line 2, column y, got "b"')
    await expect(tableStream(other, { label: 'y', encodedAs: { ...train } })).rejects.toThrow(
      'tableStream: wanted encodedAs as the data of a table, got data that were not made from one',
    )
    await expect(tableStream(other, { label: 'y', encodedAs: 5 as never })).rejects.toThrow(
      'tableStream: wanted encodedAs as an encoding, or data with one, got 5',
    )
  })

  test('may hold targets, drop rows, and refuse a value by its place', async () => {
    const numbers = file('numbers.csv', 'n,m,y\n1,2,0.5\n3,,1.5\n5,6,2.5\n')
    const stream = await tableStream(numbers, { target: 'y', missing: 'drop' })
    expect(Array.from((await all(stream))[0]!.y, Number)).toEqual([0.5, 2.5])
    const late = `${text}\nold,red,2024-01-10,words,no,a`
    await expect(tableStream(file('late.csv', late), { label: 'y' })).rejects.toThrow(
      /late\.csv: wanted a number, as in the rows before, at line 2102, column n, got "old"/,
    )
    await expect(tableStream(numbers, { target: 'm' })).rejects.toThrow(
      'numbers.csv: wanted a value at line 3, column m, got ""',
    )
  })
})
