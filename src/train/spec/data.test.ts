import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { golden } from '../../../test/support/golden.ts'
import * as data from '../../data/index.ts'
import { parseData } from './data.ts'

const folder = mkdtempSync(join(tmpdir(), 'evenstep-json-data-'))
const at = (name: string): string => join(folder, name)
const rows = Array.from({ length: 12 }, (_, i) => ({ a: i / 4, b: (i * 7) % 5, kind: i % 2 ? 'no' : 'yes' }))
const x = { shape: [12, 2], data: Float32Array.from(rows.flatMap(({ a, b }) => [a, b])) }
const y = { shape: [12], data: Int32Array.from(rows, (_, i) => i % 2) }

/** An IDX file of bytes. */
const idx = (shape: readonly number[], bytes: readonly number[]): Uint8Array =>
  Uint8Array.of(0, 0, 8, shape.length, ...shape.flatMap((n) => [0, 0, n >> 8, n & 255]), ...bytes)

beforeAll(() => {
  const lines = rows.map(({ a, b, kind }) => `${a},${b},${kind}`)
  writeFileSync(at('a.csv'), `a,b,kind\n${lines.join('\n')}\n`)
  const columnData = [
    { name: 'a', data: rows.map((row) => row.a), type: 'DOUBLE' as const },
    { name: 'kind', data: rows.map((row) => row.kind), type: 'STRING' as const },
  ]
  writeFileSync(at('a.parquet'), new Uint8Array(parquetWriteBuffer({ columnData })))
  data.writeNpz(at('a.npz'), { x, y })
  data.writeNpy(at('x.npy'), x)
  data.writeNpy(at('y.npy'), y)
  writeFileSync(at('images.idx'), idx([4, 2, 2], [...Array(16).keys()]))
  writeFileSync(at('labels.idx'), idx([4], [0, 1, 0, 1]))
  const cifar = Uint8Array.from({ length: 4 * 3073 }, (_, i) => (i % 3073 === 0 ? i / 3073 : i % 251))
  mkdirSync(at('cifar'))
  for (const name of ['data_batch_1.bin', 'test_batch.bin']) writeFileSync(join(at('cifar'), name), cifar)
  const { bytes } = golden<Record<string, { bytes: string }>>('pictures')['rgb.png']!
  for (const kind of ['cats', 'dogs']) {
    mkdirSync(join(at('pets'), kind), { recursive: true })
    for (const i of [1, 2]) writeFileSync(join(at('pets'), kind, `${i}.png`), Buffer.from(bytes, 'base64'))
  }
})
afterAll(() => rmSync(folder, { recursive: true }))

const half = { validation: 0.5 }
const size = [4, 4] as const
const split = (whole: data.Dataset): data.Split => data.split(whole, half)
const kinds = { label: 'kind', classNames: ['no', 'yes'] }

type Row = readonly [spec: object | string, made: () => unknown]
const samples: Readonly<Record<string, Row>> = {
  csv: [{ csv: 'a.csv', label: 'kind', split: half }, () => split(data.csv(at('a.csv'), { label: 'kind' }))],
  'csv, normalized': [
    { csv: 'a.csv', label: 'kind', split: half, normalize: true },
    () => data.normalize(split(data.csv(at('a.csv'), { label: 'kind' }))),
  ],
  table: [
    { table: 'a.csv', label: 'kind', columns: { b: 'category' }, split: { ...half, test: 2 } },
    async () => {
      const table = await data.table(at('a.csv'), { label: 'kind', columns: { b: 'category' } })
      return data.split(table, { ...half, test: 2 })
    },
  ],
  'tables in separate files': [
    { train: { table: 'a.csv', label: 'kind' }, validation: { table: 'a.csv', label: 'kind' } },
    async () => {
      const table = await data.table(at('a.csv'), { label: 'kind' })
      const train = data.encodeTable(table, table.encoding())
      return { train, validation: train }
    },
  ],
  parquet: [
    { parquet: 'a.parquet', label: 'kind', split: half },
    async () => split(await data.parquet(at('a.parquet'), { label: 'kind' })),
  ],
  npz: [
    { npz: 'a.npz', y: 'y', kFold: { folds: 3, fold: 1, seed: 4 } },
    () => [...data.kFold(data.npz(at('a.npz')), { folds: 3, seed: 4 })][1],
  ],
  npy: [{ npy: ['x.npy', 'y.npy'], split: half }, () => split(data.npy(at('x.npy'), at('y.npy')))],
  idxImages: [
    { idxImages: ['images.idx', 'labels.idx'], layout: 'image', classes: 2, split: half },
    () => split(data.idxImages(at('images.idx'), at('labels.idx'), { layout: 'image', classes: 2 })),
  ],
  readCifar: [
    { readCifar: ['cifar/data_batch_1.bin', 'cifar/test_batch.bin'], split: half },
    () => split(data.readCifar([at('cifar/data_batch_1.bin'), at('cifar/test_batch.bin')])),
  ],
  cifar10: [
    { cifar10: 'cifar', normalize: { per: 'channel' } },
    () => data.normalize(data.cifar10(at('cifar')), { per: 'channel' }),
  ],
  imageFolder: [
    { imageFolder: 'pets', size, channels: 1, split: half },
    async () => split(await data.imageFolder(at('pets'), { size, channels: 1 })),
  ],
  breastCancer: [{ breastCancer: true, split: half }, () => split(data.breastCancer())],
  'one-hot labels': [
    { csv: 'a.csv', label: 'kind', split: half, oneHot: true },
    () => {
      const { train, validation } = split(data.csv(at('a.csv'), { label: 'kind' }))
      return { train: data.oneHot(train), validation: data.oneHot(validation) }
    },
  ],
  'separate files': [
    { train: { csv: 'a.csv', label: 'kind' }, validation: { csv: 'a.csv', ...kinds, missing: 'drop' } },
    () => ({ train: data.csv(at('a.csv'), { label: 'kind' }), validation: data.csv(at('a.csv'), kinds) }),
  ],
}

test.each(Object.entries(samples))('%s gives what the functions of data give', async (_, [spec, made]) => {
  expect(await parseData(spec, folder)).toEqual(await made())
})

test('a name alone is a reader without options', async () => {
  const { train, validation } = await parseData('digits10x10', folder)
  expect([train, validation].map((part) => (part as data.Dataset).length)).toEqual([60_000, 10_000])
})

test('names make examples of the next character', async () => {
  const spec = { names: true, nextCharacter: { context: 3 }, split: { validation: 100 } }
  const { train, validation } = await parseData(spec, folder)
  const { length, classes } = data.nextCharacter(data.names(), { context: 3 })
  expect([train.x.shape, train.classes, (validation as data.Dataset).length]).toEqual([[3], classes, 100])
  expect((train as data.Dataset).length).toBe(length - 100)
})

describe('streams', () => {
  const collected = async (sources: data.Sources): Promise<unknown> =>
    Promise.all([sources.train, sources.validation].map((part) => data.collect(part as data.Stream)))

  test('are named for each part, and are normalized by the training stream', async () => {
    const made = data.csvStream(at('a.csv'), kinds)
    const normalized = data.standardize(made, await data.streamMoments(made, { per: 'feature' }))
    const part = { csvStream: 'a.csv', ...kinds }
    const spec = { train: part, validation: part, normalize: { per: 'feature' } }
    const read = await parseData(spec, folder)
    expect(await collected(read)).toEqual(await collected({ train: normalized, validation: normalized }))
    expect((read.train as data.Stream).fingerprint).toBe(normalized.fingerprint)
  })

  test('of tables are encoded as the training stream is', async () => {
    const options = { label: 'kind', classNames: ['no', 'yes'] }
    const train = await data.tableStream(at('a.csv'), options)
    const part = { tableStream: 'a.csv', ...options }
    const read = await parseData({ train: part, validation: part }, folder)
    expect(await collected(read)).toEqual(await collected({ train, validation: train }))
    expect((read.validation as data.Stream).fingerprint).toBe(
      (await data.tableStream(at('a.csv'), { ...options, encodedAs: train })).fingerprint,
    )
  })

  test('may be of Parquet and of images', async () => {
    const part = { parquetStream: 'a.parquet', ...kinds }
    const images = { imageFolderStream: 'pets', size }
    expect(await collected(await parseData({ train: part, validation: part }, folder))).toHaveLength(2)
    const read = await parseData({ train: images, validation: images }, folder)
    expect([read.train.x.shape, read.train.classNames]).toEqual([
      [3, 4, 4],
      ['cats', 'dogs'],
    ])
  })
})

// biome-ignore format: one case a line
test.each<[unknown, string]>([
  [undefined, 'experiment: wanted data as an object, such as {"csv": "a.csv", "label": "kind"}, got nothing'],
  [{ csvv: 'a.csv' }, 'experiment: wanted data as one of table, tableStream, csv, csvStream, parquet, parquetStream, npz, npy, idxImages, readCifar, cifar10, cifar100, imageFolder, imageFolderStream, digits10x10, breastCancer, names, got csvv; did you mean csv?'],
  [{ csv: 'a.csv', npz: 'a.npz' }, 'experiment: wanted data of one reader, got "csv and npz"'],
  [{ csv: 3, label: 'kind', split: half }, 'experiment: wanted csv as the path of a file, got 3'],
  [{ npy: 'x.npy', split: half }, 'experiment: wanted npy as the paths of two files, got "x.npy"'],
  [{ breastCancer: 'yes', split: half }, 'experiment: wanted breastCancer as true, got "yes"'],
  [{ csv: '/etc/passwd', label: 0, split: half }, 'experiment: wanted a path relative to the JSON file, got "/etc/passwd"'],
  [{ digits10x10: true, normalise: true }, 'experiment: data: digits10x10: wanted one of layout, nextCharacter, split, kFold, oneHot, normalize, got normalise; did you mean normalize?'],
  [{ csv: 'a.csv', label: 'kid', split: half }, 'a.csv: wanted a column that is one of a, b, kind, got kid; did you mean kind?'],
  [{ csv: 'b.csv', label: 'kind', split: half }, 'b.csv: wanted a file, got none; check the path'],
  [{ csv: 'a.csv', label: 'kind' }, 'experiment: wanted data with either split or kFold, got nothing; for instance "split": {"validation": 0.2}'],
  [{ csv: 'a.csv', label: 'kind', split: half, kFold: { folds: 2, fold: 0 } }, 'experiment: wanted data with either split or kFold, got "both"; for instance "split": {"validation": 0.2}'],
  [{ csv: 'a.csv', label: 'kind', split: true }, 'split: wanted validation as a finite number, got nothing'],
  [{ csv: 'a.csv', label: 'kind', split: 0.2 }, 'experiment: wanted split as true, or an object of options, got 0.2'],
  [{ csv: 'a.csv', label: 'kind', kFold: { folds: 2 } }, 'kFold: wanted fold as an integer ≥ 0, got nothing'],
  [{ csv: 'a.csv', label: 'kind', kFold: { folds: 2, fold: 2 } }, 'kFold: wanted fold as an integer from 0 to 1, got 2'],
  [{ csvStream: 'a.csv', ...kinds, split: half }, 'experiment: wanted data of train and validation, got a stream; a stream cannot be split'],
  [{ cifar10: 'cifar', split: half }, 'experiment: wanted no split, as these data are split already, got one'],
  [{ names: true, split: half }, 'experiment: wanted nextCharacter with names, got nothing'],
  [{ csv: 'a.csv', label: 'kind', nextCharacter: { context: 3 }, split: half }, 'experiment: wanted nextCharacter with texts, such as names, got "csv"'],
  [{ train: { csv: 'a.csv', label: 'kind' } }, 'experiment: wanted data with both train and validation, got "train"'],
  [{ train: { csv: 'a.csv', label: 'kind' }, valid: {} }, 'experiment: data: wanted one of train, validation, test, oneHot, normalize, got valid'],
  [{ train: 3, validation: 3 }, 'experiment: wanted data: train as an object, got 3'],
  [{ train: { breastCancer: true, normalize: true, split: half }, validation: 'breastCancer' }, 'experiment: wanted data: train without split, got it; each part is read by itself'],
  [{ train: 'breastCancer', validation: { breastCancer: true, normalize: true } }, 'experiment: wanted data: validation without normalize, got it; write it beside validation, for all parts'],
  [{ train: 'breastCancer', validation: 'breastCancer', test: { breastCancer: true, kFold: { folds: 2, fold: 0 } } }, 'experiment: wanted data: test without kFold, got it; each part is read by itself'],
  [{ train: { table: 'a.csv', label: 'kind' }, validation: { csv: 'a.csv', label: 'kind' } }, 'experiment: wanted data: validation read by table, as train is, got csv'],
  [{ train: { csv: 'a.csv', label: 'kind' }, validation: { table: 'a.csv', label: 'kind' } }, 'experiment: wanted data: validation read without table, as train is, got table'],
  [{ breastCancer: true, split: half, oneHot: { classes: 3 } }, 'oneHot: wanted no options, got classes'],
  [{ train: 'digits10x10', validation: 'digits10x10' }, 'experiment: wanted data: train as one set of examples, got other data'],
])('%j is refused', async (spec, message) => {
  await expect(parseData(spec, folder)).rejects.toThrow(message)
})

test('later parts of a table have the kinds of the columns of the training part', async () => {
  const file = (name: string, ...rows: readonly string[]): string => {
    writeFileSync(at(name), ['answer,price,y', ...rows].join('\n'))
    return name
  }
  const train = file('train.csv', 'no,1.50,a', 'yes,x,b', 'no,1.50,a', 'maybe,x,b', 'maybe,x,a', 'yes,2.50,b')
  const later = file('later.csv', 'yes,2.50,b', 'no,1.50,a', 'yes,1.50,a')
  const part = (table: string, options = {}) => ({ table, label: 'y', ...options })
  const parts = await parseData({ train: part(train), validation: part(later), test: part(later) }, folder)
  const numbers = [3, 0, 2, 2, 3, 2]
  for (const made of [parts.validation, parts.test])
    expect(Array.from((made as data.Dataset).x.data, Number)).toEqual(numbers)
  const told = part(later, { columns: { price: 'number' } })
  await expect(parseData({ train: part(train), validation: told }, folder)).rejects.toThrow(
    `later.csv: wanted a text at row 0, column price, got 2.5; tell its kind, as in columns: { "price": 'category' }`,
  )
})
