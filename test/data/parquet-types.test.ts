import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parquet, parquetStream } from '../../src/data/files/parquet.ts'
import { collect } from '../../src/data/stream.ts'
import { golden } from '../support/golden.ts'

const folder = join(import.meta.dirname, '../fixtures/parquet')
type Value = number | null | readonly Value[]
const numbers = golden<Record<string, readonly Value[]>>('parquet')
const files = readdirSync(folder).filter((name) => name.startsWith('types-'))

const flat = (value: Value, size: number): number[] =>
  Array.isArray(value)
    ? value.flatMap((item) => flat(item, size / value.length))
    : new Array(size).fill(value ?? -77)
const sizes: Readonly<Record<string, number>> = { list: 3, fixed: 2, matrix: 6 }

describe('the columns of a Parquet file have the numbers that pyarrow reads', () => {
  test.each(files)('%s', async (name) => {
    const columns = Object.keys(numbers).filter((column) => column !== 'row')
    for (const dtype of name === files[0] ? (['float64', 'float32'] as const) : (['float64'] as const)) {
      const features = columns.filter((column) => dtype === 'float64' || column !== 'f64') // some are beyond float32
      const options = { features, target: 'row', missing: -77, dtype }
      const set = await parquet(join(folder, name), options)
      const wanted = features.map((column) =>
        numbers[column]!.map((value) => flat(value, sizes[column] ?? 1)),
      )
      const rows = wanted[0]!.flatMap((_, row) => wanted.flatMap((values) => values[row]!))
      expect(Array.from(set.x.data, Number)).toEqual(dtype === 'float64' ? rows : rows.map(Math.fround))
      expect(Array.from(set.y.data, Number)).toEqual(numbers.row)
      expect(set.featureNames!.slice(-8)).toEqual(
        ['fixed', 'matrix'].flatMap((of) => Array.from({ length: sizes[of]! }, (_, i) => `${of}[${i}]`)),
      )
      expect(await collect(await parquetStream(join(folder, name), options))).toEqual(set)
    }
  })
})

const path = join(folder, files[0]!)

describe('a column of lists', () => {
  test('may be all features, in a shape, or the targets', async () => {
    const set = await parquet(path, { features: ['matrix'], shape: [3, 2], target: 'fixed', missing: 'drop' })
    const kept = [...numbers.matrix!.keys()].filter((row) => numbers.matrix![row] && numbers.fixed![row])
    expect([set.length, set.x.shape, set.y.shape]).toEqual([kept.length, [3, 2], [2]])
    expect(Array.from(set.x.data.slice(-6), Number)).toEqual(flat(numbers.matrix![kept.at(-1)!]!, 6))
    expect(Array.from(set.y.data.slice(-2), Number)).toEqual(numbers.fixed![kept.at(-1)!])
  })

  test('is chosen by its index, like every column', async () => {
    const set = await parquet(path, { features: [-2, 0], target: 1, missing: 'drop' })
    expect([set.x.shape, set.featureNames, set.y.shape]).toEqual([[3], ['fixed[0]', 'fixed[1]', 'row'], []])
    await expect(parquet(path, { features: ['row', 'fixed', 'row'], label: 1 })).rejects.toThrow(
      'wanted each column once in features, got "row twice"',
    )
  })
})

describe('what cannot be numbers', () => {
  const fails = (options: Parameters<typeof parquet>[1], message: string) =>
    expect(parquet(join(folder, 'others.parquet'), options)).rejects.toThrow(`others.parquet: ${message}`)

  test.each([
    ['date', 'dates'],
    ['stamp', 'timestamps'],
    ['zoned', 'timestamps'],
    ['time', 'times of day'],
    ['fixed', 'bytes'],
    ['struct', 'structs'],
    ['structs', 'structs'],
    ['map', 'maps'],
  ])('is refused before it is read: %s', async (column, kind) => {
    await fails(
      { features: [column], target: 'row' },
      `wanted columns of numbers, got ${kind} in ${column}; turn them into numbers first, such as days since a start, ` +
        'or choose other columns with features',
    )
    await fails(
      { features: ['row'], label: column },
      `wanted a column of labels, got ${kind} in ${column}; turn them into texts or numbers first`,
    )
  })

  test('is refused in the old encoding of timestamps as well', () =>
    expect(parquet(join(folder, 'int96.parquet'), { target: 'row' })).rejects.toThrow(
      'got timestamps in stamp;',
    ))

  test('names the row', async () => {
    await fails(
      { features: ['ragged'], target: 'row' },
      'wanted a list of 2 at row 1, column ragged, as before, got one of 1; cut or pad the lists to one length',
    )
    await fails({ features: ['empty'], target: 'row' }, 'wanted a list in column empty, got none')
    await fails(
      { features: ['row'], label: 'ragged' },
      'wanted a label in each row, got lists in ragged; give them as target',
    )
    await fails({ features: ['infinite'], target: 'row' }, 'wanted a')
    await fails(
      { features: ['row'], label: 'binary' },
      'wanted a Parquet file, got one that cannot be read: ',
    )
  })
})

test('NaN is missing, as null is, among features and among labels', async () => {
  const [first, label] = ['f32', 'repeated']
  await expect(parquet(path, { features: [first], target: 'row' })).rejects.toThrow(
    /wanted a value at row 0, column f32, got (NaN|null); leave such rows out/,
  )
  const dropped = await parquet(path, { features: ['row'], target: first, missing: 'drop' })
  expect(dropped.length).toBe(numbers[first]!.filter((value) => value !== null).length)
  const labelled = await parquet(path, { features: ['row'], label: first, missing: 'drop' })
  expect(labelled.classNames).not.toContain('NaN')
  expect((await parquet(path, { features: ['row'], label, missing: 'drop' })).classes).toBe(4)
})

test('a file that does not exist is said to be missing', () =>
  expect(parquet('/nowhere/a.parquet', { target: 'row' })).rejects.toThrow(
    '/nowhere/a.parquet: wanted a file, got none; check the path',
  ))
