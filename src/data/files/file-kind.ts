import { basename, extname } from 'node:path'

/** Format of a file of data, as its name tells. */
export type FileKind = 'csv' | 'tsv' | 'parquet' | 'npz' | 'npy' | 'idx' | 'jsonl'

const extensions: Readonly<Record<string, FileKind>> = {
  '.csv': 'csv',
  '.tsv': 'tsv',
  '.parquet': 'parquet',
  '.npz': 'npz',
  '.npy': 'npy',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
}

/** Returns the format that a path ends with, before `.gz`: `train-images-idx3-ubyte.gz` is IDX; undefined if unknown. */
export function fileKind(path: string): FileKind | undefined {
  const name = basename(path).replace(/\.gz$/i, '')
  return /[.-]idx\d(-?ubyte)?$/i.test(name) ? 'idx' : extensions[extname(name).toLowerCase()]
}

/** Whether files of a format hold a table of named columns. */
export const isTabular = (kind: FileKind | undefined): kind is 'csv' | 'tsv' | 'parquet' =>
  kind === 'csv' || kind === 'tsv' || kind === 'parquet'
