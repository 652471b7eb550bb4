import type { AsyncBuffer, FileMetaData } from 'hyparquet'
import { allocate, type Data } from '../../core/dtype.ts'
import { EvenstepError, FormatError } from '../../core/errors.ts'
import { sizeOf } from '../../core/shape.ts'
import { type Batch, batchRows } from '../batch.ts'
import { type FieldSpec, gatherExamples } from '../dataset.ts'
import { Cells } from './cells.ts'
import { checkedFile, chunksOf } from './parquet-pages.ts'
import { planTable, type TablePlan, type TableValues } from './table.ts'

/** Maximum number of rows in a batch that `read` yields. */
const pieceRows = 4096

/** Bytes of examples to decode at a time; more if a row group would otherwise have over `maxParts` parts. */
const partBytes = 2 ** 24

/** Maximum number of parts per row group: few, since decoding any part starts at the group's beginning. */
const maxParts = 16

/** Reads examples from a Parquet file. */
export class ParquetTable {
  readonly plan: TablePlan
  readonly cells: Cells
  readonly #name: string
  readonly #file: AsyncBuffer
  readonly #metadata: FileMetaData
  readonly #columns: readonly string[]

  private constructor(name: string, file: AsyncBuffer, metadata: FileMetaData, options: TableValues) {
    this.#name = name
    this.#file = file
    this.#metadata = metadata
    this.#columns = topColumns(metadata)
    this.cells = new Cells(name, options)
    this.plan = planTable(name, this.#columns, options)
  }

  static async open(name: string, file: AsyncBuffer, options: TableValues): Promise<ParquetTable> {
    const [{ parquetMetadataAsync }, { parquetHeader }] = await Promise.all([
      import('hyparquet'), // on demand, since it takes 80 ms
      import('hyparquet/src/column.js'),
    ])
    return reported(name, async () => {
      const metadata = await parquetMetadataAsync(file)
      const chunks = chunksOf(name, metadata, file.byteLength)
      return new ParquetTable(name, checkedFile(name, file, chunks, parquetHeader), metadata, options)
    })
  }

  /** Yields all examples, in the order of the file. */
  async *read(): AsyncGenerator<Batch> {
    for (const { start, rows } of this.#parts()) {
      const examples = await this.#examples(start, rows)
      for (let from = 0; from < examples.length; from += pieceRows) {
        yield batchRows(examples, from, Math.min(examples.length, from + pieceRows))
      }
    }
  }

  /** Divides the file into ranges of rows (parts), to be decoded one after another, and yields the ranges. */
  *#parts(): Generator<{ readonly start: number; readonly rows: number }> {
    const { x, y } = this.plan
    const bytes = ({ dtype, shape }: FieldSpec): number => allocate(dtype, sizeOf(shape)).byteLength
    const row = bytes(x) + bytes(y)
    let start = 0
    for (const { num_rows } of this.#metadata.row_groups) {
      const end = start + Number(num_rows)
      const size = Math.max(Math.ceil(partBytes / row), Math.ceil((end - start) / maxParts))
      for (; start < end; start += size) yield { start, rows: Math.min(size, end - start) }
      start = end
    }
  }

  /** Decodes rows column by column, so that only one column at a time takes up memory as an untyped array. */
  async #examples(start: number, rows: number): Promise<Batch> {
    const { features, targets, label, x: xSpec, y: ySpec } = this.plan
    const x = allocate(xSpec.dtype, rows * features.length)
    const ySize = targets.length || 1
    const y = allocate(ySpec.dtype, rows * ySize)
    const dropped = new Uint8Array(rows)
    const fill = async (out: Data, column: number, at: number, step: number, kind: Kind): Promise<void> => {
      const values = await this.#values(column, start, rows)
      for (let row = 0; row < rows; row++) {
        const value = this.#cell(values[row], column, start + row, kind)
        if (Number.isNaN(value)) dropped[row] = 1
        else out[row * step + at] = value
      }
    }
    for (const [at, column] of features.entries()) await fill(x, column, at, features.length, 'feature')
    for (const [at, column] of targets.entries()) await fill(y, column, at, ySize, 'target')
    if (label !== undefined) await fill(y, label, 0, 1, 'label')
    if (!dropped.includes(1)) return { x, y, length: rows }
    const kept = Int32Array.from(dropped, (_, i) => i).filter((i) => dropped[i] === 0)
    const keep = (data: Data, spec: FieldSpec): Data => gatherExamples({ ...spec, data }, kept)
    return { x: keep(x, xSpec), y: keep(y, ySpec), length: kept.length }
  }

  #cell(value: unknown, column: number, row: number, kind: Kind): number {
    if (kind !== 'label' && typeof value === 'number' && this.cells.isPlain(value)) return value
    const where = (): string => `row ${row}, column ${this.#columns[column]}`
    return kind === 'label'
      ? this.cells.label(value, where)
      : this.cells.number(value, where, kind === 'feature')
  }

  async #values(column: number, start: number, rows: number): Promise<ArrayLike<unknown>> {
    const [{ parquetRead }, { compressors }] = await Promise.all([
      import('hyparquet'),
      import('hyparquet-compressors'),
    ])
    const name = this.#columns[column]!
    const values = new Array<unknown>(rows)
    await reported(this.#name, () =>
      parquetRead({
        file: this.#file,
        metadata: this.#metadata,
        compressors,
        columns: [name],
        rowStart: start,
        rowEnd: start + rows,
        // Called with whole pages, which may begin before `start` and end after the last row.
        onChunk: ({ columnData, rowStart }) => {
          const [from, to] = [Math.max(start, rowStart), Math.min(start + rows, rowStart + columnData.length)]
          for (let row = from; row < to; row++) values[row - start] = columnData[row - rowStart]
        },
      }),
    )
    return values
  }
}

type Kind = 'feature' | 'target' | 'label'

/** Returns the names of a table's top-level columns, which are the children of the schema's root. */
function topColumns({ schema }: FileMetaData): string[] {
  const names: string[] = []
  const skip = (at: number): number => {
    let next = at + 1
    for (let child = 0; child < (schema[at]!.num_children ?? 0); child++) next = skip(next)
    return next
  }
  for (let at = 1; at < schema.length; at = skip(at)) names.push(schema[at]!.name)
  return names
}

/** Runs `read`, and rethrows an error of the Parquet library as a FormatError that names the file. */
async function reported<T>(name: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (cause) {
    if (cause instanceof EvenstepError) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new FormatError(`${name}: wanted a Parquet file, got one that cannot be read: ${reason}`, { cause })
  }
}
