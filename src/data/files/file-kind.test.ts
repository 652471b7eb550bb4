import { expect, test } from 'vitest'
import { fileKind, isTabular } from './file-kind.ts'

test('the end of a name tells the format, before .gz', () => {
  const kinds = {
    'a.csv': 'csv',
    'b/A.CSV.gz': 'csv',
    'a.tsv': 'tsv',
    'a.parquet': 'parquet',
    'a.npz': 'npz',
    'a.npy': 'npy',
    'a.ndjson': 'jsonl',
    'train-images-idx3-ubyte': 'idx',
    'train-images.idx3-ubyte.gz': 'idx',
    'digits.idx3': 'idx',
    'd-idx3/x.txt': undefined,
    'x-idx3.txt': undefined,
    csv: undefined,
  }
  expect(Object.keys(kinds).map(fileKind)).toEqual(Object.values(kinds))
  expect((['csv', 'tsv', 'parquet', 'npz', undefined] as const).map(isTabular)).toEqual([
    true,
    true,
    true,
    false,
    false,
  ])
})
