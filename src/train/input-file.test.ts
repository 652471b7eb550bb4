import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { recipeOf } from '../data/recipe.ts'
import { data } from '../index.ts'
import { fileInputs } from './input-file.ts'
import type { About } from './run-graph.ts'

const folder = mkdtempSync(join(tmpdir(), 'evenstep-inputs-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0

/** Returns the inputs in a CSV file with this content. */
async function inputs(about: object, content: string, end = '.csv'): Promise<number[]> {
  const path = join(folder, `${files++}${end}`)
  writeFileSync(path, content)
  return read(about, path)
}

async function read(about: object, path: string): Promise<number[]> {
  const all: number[] = []
  for await (const { x } of fileInputs(path, about as unknown as About, () => process.stdin))
    all.push(...Array.from(x, Number))
  return all
}

const number = (name: string): object => ({ name, kind: 'number', mean: 0, deviation: 1 })
const table = (names: readonly string[], options: object, columns = names.map(number)) => ({
  x: { shape: [names.length], dtype: 'float32' },
  featureNames: names,
  recipe: { table: options, encoding: { format: 1, columns }, normalized: [] },
})

describe('a table', () => {
  const years = table(['2019', '2020'], { label: 'kind' })

  test('may have numbers as the names of its columns', async () => {
    expect(await inputs(years, '2019,2020,kind\n10,3,a\n')).toEqual([10, 3])
    expect(await inputs(years, '2020,2019\n3,10\n')).toEqual([10, 3])
    await expect(inputs(years, '10,3\n11,4\n')).rejects.toThrow(
      'csv: wanted names of columns at line 1, got the number "10"; write the names of the columns into the ' +
        'first line, as in the file that the model was trained on',
    )
    expect(await inputs(table(['2019'], { label: 'kind' }), '2019\n10\n')).toEqual([10])
  })

  test('without names keeps its columns, with or without the label', async () => {
    const columns = [number('1'), { name: '2', kind: 'ignore' }, number('3')]
    for (const label of [0, '0', -4]) {
      const unnamed = table(['1', '3'], { label, header: false }, columns)
      expect(await inputs(unnamed, 'yes,10,u,3\nno,11,v,4')).toEqual([10, 3, 11, 4])
      expect(await inputs(unnamed, '10,u,3\n11,v,4')).toEqual([10, 3, 11, 4])
      for (const wrong of ['10,3', 'yes,10,u,3,4'])
        await expect(inputs(unnamed, wrong)).rejects.toThrow(
          `csv: wanted 3 columns, or 4 with what is to be predicted, got ${wrong.split(',').length}`,
        )
    }
    const two = table(['1'], { target: [0, 2], header: false })
    expect(await inputs(two, '5,10,6')).toEqual([10])
    expect(await inputs(two, '10')).toEqual([10])
  })

  test('is not an array of numbers, of which nobody knows whether they are encoded', async () => {
    const bytes = data.encodeNpy({ shape: [1, 2], data: Float32Array.of(10, 3) })
    writeFileSync(join(folder, 'rows.npy'), bytes)
    await expect(read(years, join(folder, 'rows.npy'))).rejects.toThrow(
      'predict: wanted the rows of a table, as CSV, TSV, Parquet or JSON lines, got an array in ',
    )
    expect(await inputs(years, '[10, 3]\n["11", 4]', '.jsonl')).toEqual([10, 3, 11, 4])
  })
})

test('features that were chosen from a file without names are found with and without the label', async () => {
  const recipe = { table: { header: false, label: 0, features: [3, -2] }, width: 4, normalized: [] }
  const about = { x: { shape: [2], dtype: 'float32' }, recipe }
  expect(await inputs(about, 'yes,50,3,4')).toEqual([4, 3])
  expect(await inputs(about, '50,3,4')).toEqual([4, 3])
  expect(await inputs(about, '4,3')).toEqual([4, 3])
  await expect(inputs(about, '1,2,3,4,5')).rejects.toThrow(
    'wanted 2 columns of features, or 3 with all that the training file had, or 4 with what is to be predicted, got 5',
  )
  const older = { ...about, recipe: { ...recipe, width: undefined } }
  expect(await inputs(older, 'yes,50,3,4')).toEqual([4, 3])
  expect(await inputs(older, '4,3')).toEqual([4, 3])
})

test('a file without names tells its width for that', async () => {
  const path = join(folder, 'unnamed.csv')
  writeFileSync(path, '0,1,2\n1,3,4\n')
  const options = { header: false, label: 0, classes: 2 } as const
  expect(recipeOf(data.csv(path, options))).toMatchObject({ width: 3 })
  expect(recipeOf(await data.csvStream(path, options))).toMatchObject({ width: 3 })
})

test('a file whose names were given may come without the label', async () => {
  const options = { header: ['k', 'a', 'b'], label: 'k' }
  const plain = { x: { shape: [2], dtype: 'float32' }, featureNames: ['b', 'a'] }
  for (const about of [
    { ...plain, recipe: { table: options, normalized: [] } },
    { ...table(['b', 'a'], options), featureNames: ['b', 'a'] },
  ]) {
    expect(await inputs(about, 'yes,1,2')).toEqual([2, 1])
    expect(await inputs(about, '1,2')).toEqual([2, 1])
    await expect(inputs(about, '1,2,3,4')).rejects.toThrow('a name in header for each of 4 columns, got')
  }
})

test('columns of the same name are refused', async () => {
  const about = { x: { shape: [1], dtype: 'float32' }, featureNames: ['a'] }
  await expect(inputs(about, 'a,b,b\n1,2,3')).rejects.toThrow(
    /csv: wanted columns of different names at line 1, got "b" twice; rename one$/,
  )
})

test('a file that is not there is one error, without a second that ends the process', async () => {
  const about = { x: { shape: [1], dtype: 'float32' }, featureNames: ['a'] }
  const heard: unknown[] = []
  const listeners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', (error) => heard.push(error))
  try {
    await expect(read(about, join(folder, 'none.csv'))).rejects.toThrow(
      'none.csv: wanted a file, got none; check the path',
    )
    await new Promise((done) => setTimeout(done, 20))
  } finally {
    process.removeAllListeners('uncaughtException')
    for (const one of listeners) process.on('uncaughtException', one)
  }
  expect(heard).toEqual([])
})

test('inputs that are integers are read as such, and no other numbers are', async () => {
  const about = { x: { shape: [2], dtype: 'int32' }, featureNames: ['a', 'b'] }
  const path = join(folder, 'codes.csv')
  writeFileSync(path, 'a,b\n1,16777217\n3,4\n')
  for await (const { x } of fileInputs(path, about as unknown as About, () => process.stdin))
    if (x.length > 0) expect(x).toEqual(Int32Array.of(1, 16777217, 3, 4))
  await expect(inputs(about, 'a,b\n1,2\n3,0.5\n')).rejects.toThrow(
    'csv: wanted whole numbers, got 0.5; look at number 1 of row 1',
  )
})
