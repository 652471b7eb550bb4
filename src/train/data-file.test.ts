import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer'
import { afterAll, describe, expect, test } from 'vitest'
import { toy } from '../../test/support/toy.ts'
import { csv } from '../data/files/csv.ts'
import { writeNpy, writeNpz } from '../data/files/numpy.ts'
import { table as readTable } from '../data/files/table.ts'
import { dataset, parseTable } from '../data/index.ts'
import { normalize } from '../data/normalize.ts'
import { split as splitOf } from '../data/split.ts'
import { readDataFile } from './data-file.ts'
import { fileInputs } from './input-file.ts'
import { type About, aboutOf } from './run-graph.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-on-'))
afterAll(() => rmSync(root, { recursive: true }))
const at = (name: string): string => join(root, name)
const table = (rows: readonly string[], name = 'rows.csv', between = ';'): string => {
  writeFileSync(at(name), ['kind;a;b', ...rows].join('\n').replaceAll(';', between))
  return at(name)
}
const rows = Array.from({ length: 30 }, (_, i) => `${['cat', 'dog'][i % 2]};${40 + i};${Math.sin(i)}`)
const read = csv(table(rows), { label: 'kind', delimiter: ';' })
const parts = normalize(splitOf(read, { validation: 6 }), { per: 'feature' })
const about = aboutOf(toy({ data: parts }))

describe('a file is read as the data of the run were', () => {
  test('a table: with their columns, classes, options and normalization', async () => {
    const { data, warning } = await readDataFile(table(['dog;45;0.5', 'dog;50;0'], 'new.csv'), about, {})
    const { mean, deviation } = about.recipe!.normalized[0]!
    expect(Array.from(data.x.data, Number)[0]).toBeCloseTo((45 - mean[0]!) / deviation[0]!, 5)
    expect([Array.from(data.y.data, Number), data.classNames, warning]).toEqual([
      [1, 1],
      ['cat', 'dog'],
      undefined,
    ])
  })

  test('arrays: inputs and labels in one file, or in two', async () => {
    const plain = aboutOf(toy())
    const [x, y] = [
      { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] },
      { data: Int32Array.of(2, 0), shape: [2] },
    ]
    writeNpz(at('new.npz'), { x, truth: y })
    writeNpy(at('x.npy'), x)
    writeNpy(at('y.npy'), y)
    const both = await readDataFile(at('new.npz'), plain, { target: 'truth' })
    expect(await readDataFile(at('x.npy'), plain, { labels: at('y.npy') })).toEqual(both)
    expect(both.data).toMatchObject({ length: 2, classes: 3, x: { shape: [2] } })
  })

  test('and numbers unlike those of training are mentioned', async () => {
    const { warning } = await readDataFile(table(['dog;90000;0.5'], 'far.csv'), about, {})
    expect(warning).toMatch(
      /far\.csv: a has mean [\d.e+]+, where it was -?[\d.e-]+ ± 1 in training; was x prepared as in training\?$/,
    )
  })
})

describe('a table of mixed columns is encoded as the training part was', () => {
  const header = 'id,age,plan,note,y'
  const line = (i: number): string =>
    `${1000 + i * 3},${i % 4 || ''},${['free', 'pro'][i % 2]},some words to read ${i % 7},${['b', 'a', 'c'][i % 3]}`
  const text = [header, ...Array.from({ length: 60 }, (_, i) => line(i))].join('\n')
  const options = { label: 'y', columns: { id: 'ignore', note: { kind: 'text', buckets: 8 } } } as const
  const split = splitOf(parseTable(text, 'mixed.csv', options), { validation: 0.2 })
  const mixed = aboutOf(toy({ data: split }))
  const write = (name: string, content: string): string => {
    writeFileSync(at(name), content)
    return at(name)
  }

  test('with its classes, and without columns that say nothing', async () => {
    const file = write('mixed.csv', 'y,plan,age,note\nc,pro,NA,hello\nc,gone,2,""')
    const { data, warning } = await readDataFile(file, mixed, {})
    expect(data).toMatchObject({ classes: 3, classNames: ['a', 'b', 'c'], length: 2 })
    expect([Array.from(data.y.data, Number), warning]).toEqual([[2, 2], undefined])
    expect(data.featureNames).toEqual(split.train.featureNames)
    const again = await readDataFile(write('again.csv', text), mixed, {})
    const rows = [...split.train.y.data, ...split.validation.y.data]
    expect([again.data.length, rows.length]).toEqual([60, 60])
  })

  test('as JSON keeps it', async () => {
    const file = write('kept.csv', text)
    const kept = JSON.parse(JSON.stringify(mixed))
    expect((await readDataFile(file, kept, {})).data.x).toEqual((await readDataFile(file, mixed, {})).data.x)
  })

  test('but a number unlike those of training is mentioned, and a missing column refused', async () => {
    const far = write('odd.csv', `${header}\n1,900,free,other words,a\n2,901,pro,more of them,b`)
    expect((await readDataFile(far, mixed, {})).warning).toMatch(/odd\.csv: age has mean \d+, where it was/)
    const short = write('short.csv', 'age,note,y\n1,words,a')
    await expect(readDataFile(short, mixed, {})).rejects.toThrow(
      'short.csv: columns: wanted one of age, note, got plan',
    )
    const other = write('label.csv', `${header}\n1,2,free,words,z`)
    await expect(readDataFile(other, mixed, {})).rejects.toThrow(
      'label.csv: wanted one of a, b, c at line 2, column y, got "z"',
    )
  })
})

describe('a file is read by its own name, whichever delimiter the file of the run had', () => {
  const lines = ['n;flag;code;junk;y', '1.5;1.0;1;x y z;a', '2.5;0.0;2;x y;b', '4;;1;z;a', '5;1.0;2;x;b']
  const write = (name: string, between: string, rows = lines): string => {
    writeFileSync(at(name), rows.join('\n').replaceAll(';', between))
    return at(name)
  }
  const [commas, tabs] = [write('own.csv', ','), write('own.tsv', '\t')]
  const columns = { code: { kind: 'category', minFrequency: 1 }, junk: 'ignore' } as const
  const options = { label: 'y', columns } as const
  const inputsOf = async (path: string, about: About, text = ''): Promise<number[]> => {
    const found: number[] = []
    const pieces = async function* (): AsyncGenerator<Uint8Array> {
      yield new TextEncoder().encode(text)
    }
    for await (const { x } of fileInputs(path, about, pieces)) found.push(...Array.from(x, Number))
    return found
  }

  test.each([
    ['CSV', commas],
    ['TSV', tabs],
  ])('a run of a mixed table in %s', async (_, path) => {
    const [train] = (await readTable(path, options)).encoded([[0, 1, 2, 3]])
    const mixed = JSON.parse(JSON.stringify(aboutOf(toy({ data: { train: train!, validation: train! } }))))
    const wanted = Array.from(train!.x.data, Number)
    for (const file of [commas, tabs]) {
      const { data } = await readDataFile(file, mixed, {})
      expect(Array.from(data.x.data, Number)).toEqual(wanted)
      expect(await inputsOf(file, mixed)).toEqual(wanted)
      expect(await inputsOf('-', mixed, readFileSync(file, 'utf8'))).toEqual(wanted)
    }
  })

  test.each([
    ['CSV', commas],
    ['TSV', tabs],
  ])('a run of numbers in %s', async (_, path) => {
    const train = csv(path, { label: 'y', features: ['n', 'code'] })
    const plain = JSON.parse(JSON.stringify(aboutOf(toy({ data: { train, validation: train } }))))
    const wanted = Array.from(train.x.data, Number)
    for (const file of [commas, tabs]) {
      expect(Array.from((await readDataFile(file, plain, {})).data.x.data, Number)).toEqual(wanted)
      expect(await inputsOf(file, plain)).toEqual(wanted)
      expect(await inputsOf('-', plain, readFileSync(file, 'utf8'))).toEqual(wanted)
    }
  })

  test('a delimiter that was told counts for later files', async () => {
    const bars = write('bars.csv', '|')
    const [train] = (await readTable(bars, { ...options, delimiter: '|' })).encoded([[0, 1, 2, 3]])
    const told = aboutOf(toy({ data: { train: train!, validation: train! } }))
    expect((await readDataFile(bars, told, {})).data.x).toEqual(train!.x)
    expect(await inputsOf(bars, told)).toEqual(Array.from(train!.x.data, Number))
  })
})

describe('columns of a file that the run did not use are ignored', () => {
  const text = 'n,odd,y\n1,3,a\n2,5,b\n3,4,a\n4,6,b\n'
  const options = { label: 'y', columns: { odd: 'ignore' }, missing: 'drop' } as const
  const [train] = parseTable(text, 'odd.csv', options).encoded([[0, 1, 2, 3]])
  const about = aboutOf(toy({ data: { train: train!, validation: train! } }))

  test('whatever they hold', async () => {
    writeFileSync(at('odd.csv'), 'n,odd,new,y\n1,,,a\n2,x,1 2 3,b\n')
    const { data } = await readDataFile(at('odd.csv'), about, {})
    expect([data.length, data.featureNames]).toEqual([2, ['n']])
  })

  test('also in Parquet, of lists', async () => {
    const columnData = [
      { name: 'n', data: [1, 2] },
      { name: 'new', data: [[1], [2]] },
      { name: 'y', data: ['a', 'b'] },
    ] as ColumnSource[]
    const schema = [
      { name: 'root', num_children: 3 },
      { name: 'n', type: 'DOUBLE', repetition_type: 'REQUIRED' },
      { name: 'new', converted_type: 'LIST', repetition_type: 'OPTIONAL', num_children: 1 },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', type: 'DOUBLE', repetition_type: 'OPTIONAL' },
      { name: 'y', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
    ]
    const path = at('lists.parquet')
    writeFileSync(path, new Uint8Array(parquetWriteBuffer({ columnData, schema } as never)))
    const { data } = await readDataFile(path, about, {})
    expect([data.length, Array.from(data.y.data, Number)]).toEqual([2, [0, 1]])
    const found: number[] = []
    const nothing = async function* (): AsyncGenerator<Uint8Array> {}
    for await (const { x } of fileInputs(path, about, nothing)) found.push(...Array.from(x, Number))
    expect(found).toEqual(Array.from(data.x.data, Number))
  })
})

test('a file that says too little is refused', async () => {
  const made = dataset({ x: Float32Array.of(1, 2, 3, 4), y: [0, 1], shape: [2] })
  const plain = aboutOf(toy({ data: { train: made, validation: made }, batchSize: 1 }))
  const refused = (name: string, options = {}) => expect(readDataFile(at(name), plain, options)).rejects
  table(['1;2;3'], 'plain.csv', ',')
  await refused('plain.csv').toThrow(
    `--on: wanted --target COLUMN, the column of labels in ${at('plain.csv')}, got none`,
  )
  await refused('plain.csv', { target: 'knid' }).toThrow(
    'plain.csv: wanted a column that is one of kind, a, b, got knid; did you mean kind?',
  )
  await refused('x.npy').toThrow(`--on: wanted --labels FILE with the labels of ${at('x.npy')}, got none`)
  await refused('x.txt').toThrow(
    `--on: wanted a file of CSV, TSV, Parquet, NPZ, NPY or IDX, got ${at('x.txt')}; name it by its format, such as .csv`,
  )
})

test('an option that the format of the file has no use for is refused', async () => {
  await expect(readDataFile(table(rows), about, { labels: 'y.npy' })).rejects.toThrow(
    `--on: wanted --labels with NPY or IDX only, got it with ${at('rows.csv')}; name the labels with --target`,
  )
  await expect(readDataFile('x.npy', about, { labels: 'y.npy', target: 'kind' })).rejects.toThrow(
    '--on: wanted --target with a table or NPZ only, got it with x.npy; name the file of labels with --labels',
  )
})
