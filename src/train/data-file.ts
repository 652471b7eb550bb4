import { ArgumentError } from '../core/errors.ts'
import { sizeOf } from '../core/shape.ts'
import type { Dataset } from '../data/dataset.ts'
import { csv } from '../data/files/csv.ts'
import { type FileKind, fileKind, isTabular } from '../data/files/file-kind.ts'
import { idxImages } from '../data/files/idx.ts'
import { npy, npz } from '../data/files/numpy.ts'
import { parquet } from '../data/files/parquet.ts'
import { tableLike } from '../data/files/table.ts'
import { tableOptions } from '../data/formats/table.ts'
import type { TableEncoding } from '../data/table/encoding.ts'
import type { ColumnKinds } from '../data/table/kinds.ts'
import { encodeTable } from '../data/table/table.ts'
import { mixedOptions } from '../data/table/table-options.ts'
import { namedData } from './named-data.ts'
import { normalizedAs, strangenessOf } from './normalized.ts'
import type { About } from './run-graph.ts'

/** How to read the examples in a file. */
export interface DataFileOptions {
  /** Labels or targets: column of a table, or array in an NPZ file. @default the one used for the run's data */
  readonly target?: string
  /** Path of a separate file of labels, for formats that do not hold inputs and labels in one file: IDX and NPY. */
  readonly labels?: string
}

/** Examples read from a file, and a warning if they look unlike the training data. */
export interface DataFile {
  readonly data: Dataset
  readonly warning?: string
}

/**
 * Reads examples from a file in the way the run's data were read: same columns, classes, shapes and normalization.
 *
 * @param path a CSV, TSV, Parquet, NPZ, NPY or IDX file; for several inputs or targets, JSON lines, too
 * @throws {EvenstepError} when the file cannot be read, or its examples do not suit the run's model.
 */
export async function readDataFile(path: string, about: About, options: DataFileOptions): Promise<DataFile> {
  const read = await rawData(path, about, options)
  const data = normalizedAs(read, about)
  const strange = strangenessOf(data, about)
  const warning = strange && `${path}: ${strange}; was x prepared as in training?`
  return { data, ...(warning && { warning }) }
}

async function rawData(path: string, about: About, { target, labels }: DataFileOptions): Promise<Dataset> {
  const kind = fileKind(path)
  const { x, classes, classNames } = about
  if (x.tensors || about.target.tensors) return namedData(path, about, { target, labels })
  const dtype = x.dtype === 'float64' ? 'float64' : 'float32'
  const isApart = kind !== 'npz' && !isTabular(kind)
  const names = { ...(classes !== undefined && { classes }), ...(classNames && { classNames }) }
  if (labels !== undefined && !isApart)
    throw new ArgumentError(
      `--on: wanted --labels with NPY or IDX only, got it with ${path}; name the labels with --target`,
    )
  if (kind === 'npz') return npz(path, { ...(target !== undefined && { y: target }), dtype, ...names })
  if (isTabular(kind)) return table(path, kind, about, target)
  if (kind !== 'idx' && kind !== 'npy') {
    throw new ArgumentError(
      `--on: wanted a file of CSV, TSV, Parquet, NPZ, NPY or IDX, got ${path}; name it by its format, such as .csv`,
    )
  }
  if (labels === undefined)
    throw new ArgumentError(`--on: wanted --labels FILE with the labels of ${path}, got none`)
  if (target !== undefined)
    throw new ArgumentError(
      `--on: wanted --target with a table or NPZ only, got it with ${path}; name the file of labels with --labels`,
    )
  if (kind === 'npy') return npy(path, labels, { dtype, ...names })
  const layout = x.shape.length === 1 ? 'flat' : 'image'
  return idxImages(path, labels, { layout, ...(classes !== undefined && { classes }) })
}

/** Reads a table with the options used to read the run's data or, if unknown, options inferred from those data. */
function table(
  path: string,
  kind: FileKind,
  about: About,
  target: string | undefined,
): Dataset | Promise<Dataset> {
  const { recipe, x, target: y, classes, classNames, featureNames } = about
  if (recipe?.encoding) return encodedTable(path, recipe.encoding, about, target)
  const before = recipe?.table ?? {}
  const isClass = classes !== undefined && sizeOf(y.shape) === 1
  const predicted =
    target === undefined
      ? {}
      : { label: undefined, target: undefined, [isClass ? 'label' : 'target']: target }
  const options = {
    shape: x.shape,
    dtype: x.dtype,
    ...before,
    ...(before.features === undefined && featureNames && { features: featureNames }),
    ...(isClass && (classNames ? { classNames } : { classes })),
    ...predicted,
  }
  const { label, target: numbers } = options as { readonly label?: unknown; readonly target?: unknown }
  if (label === undefined && numbers === undefined) {
    const what = isClass ? 'labels' : 'numbers to predict'
    throw new ArgumentError(`--on: wanted --target COLUMN, the column of ${what} in ${path}, got none`)
  }
  if (kind !== 'parquet') return csv(path, options as never)
  const known = Object.entries(options).filter(([name]) => name in tableOptions)
  return parquet(path, Object.fromEntries(known) as never)
}

/** Reads a table of raw rows, and encodes them as was learnt from the training rows. */
async function encodedTable(
  path: string,
  encoding: TableEncoding,
  { recipe, classes, classNames }: About,
  target: string | undefined,
): Promise<Dataset> {
  const { columns: told = {}, ...before } = (recipe?.table ?? {}) as { readonly columns?: ColumnKinds }
  const used = new Set(encoding.columns.flatMap(({ name, kind }) => (kind === 'ignore' ? [] : [name])))
  const columns = Object.fromEntries(Object.entries(told).filter(([name]) => used.has(name)))
  const predicted =
    target === undefined
      ? {}
      : { label: undefined, target: undefined, [classes === undefined ? 'target' : 'label']: target }
  const options = { ...before, ...(classNames ? { classNames } : classes !== undefined && { classes }) }
  const all = { ...options, ...predicted, columns }
  const isParquet = fileKind(path) === 'parquet'
  const known = Object.fromEntries(
    Object.entries(all).filter(([name]) => !isParquet || Object.hasOwn(mixedOptions, name)),
  )
  const read = await tableLike(path, encoding, known as never)
  return encodeTable(read, encoding)
}
