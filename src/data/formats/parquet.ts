import type { AsyncBuffer } from 'hyparquet'
import { type AbortSignalLike, untilAborted } from '../../core/abort.ts'
import { allocate, type Data } from '../../core/dtype.ts'
import { malformed } from '../../core/mismatch.ts'
import { type Shape, sizeOf } from '../../core/shape.ts'
import { type Batch, batchRows } from '../batch.ts'
import type { Dataset, FieldSpec } from '../dataset.ts'
import { gatherExamples } from '../gather-examples.ts'
import { Growing } from '../growing.ts'
import { Cells } from './cells.ts'
import { decimal, type ParquetColumn } from './parquet-columns.ts'
import { ParquetFile } from './parquet-file.ts'
import { flattened, type ParquetPlan, planParquet, type Reading, shapeOfList } from './parquet-plan.ts'
import type { TableValues } from './table.ts'

/** Maximum number of rows in a batch that `read` yields. */
const pieceRows = 4096

/** Bytes of examples to decode at a time; more if a row group would otherwise have over `maxParts` parts. */
const partBytes = 2 ** 24

/**
 * Maximum number of parts in which a row group is read, to hold less in memory at once. It is small, since reading any
 * part decodes the group from its beginning.
 */
const maxParts = 16

/** Maximum number of rows that are searched at a time for the first list of a column. */
const searchRows = 4096

/** Reads examples from a Parquet file. */
export class ParquetTable {
  readonly plan: ParquetPlan
  readonly cells: Cells
  readonly #file: ParquetFile
  #read = 0

  private constructor(file: ParquetFile, plan: ParquetPlan, options: TableValues) {
    this.#file = file
    this.plan = plan
    this.cells = new Cells(file.name, options)
  }

  static async open(name: string, buffer: AsyncBuffer, options: TableValues): Promise<ParquetTable> {
    const file = await ParquetFile.open(name, buffer)
    const shapeIn = async (column: ParquetColumn): Promise<Shape> => {
      for (let start = 0, rows = 1; start < file.rows; start += rows, rows = searchRows) {
        const values = await file.values(column, start, Math.min(rows, file.rows - start))
        const first = Array.from(values).find((value) => value != null)
        if (first !== undefined) return shapeOfList(first)
      }
      throw malformed(name, `a list in column ${column.name}`, 'none')
    }
    return new ParquetTable(file, await planParquet(name, file.columns, options, shapeIn), options)
  }

  /** Fraction of the file's rows that the latest call of `read` has read so far. */
  get share(): number {
    return this.#read / this.#file.rows
  }

  /** Yields all examples, in the order of the file. */
  async *read(): AsyncGenerator<Batch> {
    for (const { start, rows } of this.#parts()) {
      this.#read = start + rows
      const examples = await this.#examples(start, rows)
      for (let from = 0; from < examples.length; from += pieceRows) {
        yield batchRows(examples, from, Math.min(examples.length, from + pieceRows))
      }
    }
  }

  /** Reads all examples into memory. @throws the reason of `signal`, once it is aborted. */
  async dataset(signal?: AbortSignalLike): Promise<Dataset> {
    const all = new Growing(this.plan.x, this.plan.y)
    for await (const batch of untilAborted(signal, this.read())) all.add(batch, this.share)
    return this.cells.dataset([all.batch], this.plan)
  }

  /** Divides the file into ranges of rows (parts), to be decoded one after another, and yields the ranges. */
  *#parts(): Generator<{ readonly start: number; readonly rows: number }> {
    const { x, y } = this.plan
    const bytes = ({ dtype, shape }: FieldSpec): number => allocate(dtype, sizeOf(shape)).byteLength
    const row = bytes(x) + bytes(y)
    let start = 0
    for (const group of this.#file.groups) {
      const end = start + group
      const size = Math.max(Math.ceil(partBytes / row), Math.ceil((end - start) / maxParts))
      for (; start < end; start += size) yield { start, rows: Math.min(size, end - start) }
      start = end
    }
  }

  /** Decodes rows column by column, so that only one column at a time takes up memory as an untyped array. */
  async #examples(start: number, rows: number): Promise<Batch> {
    const { readings, x: xSpec, y: ySpec, weights } = this.plan
    const x = allocate(xSpec.dtype, rows * sizeOf(xSpec.shape))
    const y = allocate(ySpec.dtype, rows * sizeOf(ySpec.shape))
    const w = weights && allocate(weights.dtype, rows)
    const dropped = new Uint8Array(rows)
    for (const reading of readings) {
      const isFeature = reading.kind === 'feature'
      const isWeight = reading.kind === 'weight'
      const out = isWeight ? w! : isFeature ? x : y
      const step = isWeight ? 1 : sizeOf((isFeature ? xSpec : ySpec).shape)
      const values = await this.#file.values(reading.column, start, rows)
      const isQuick =
        !isWeight &&
        reading.kind !== 'label' &&
        reading.shape.length === 0 &&
        reading.column.scale === undefined
      for (let row = 0; row < rows; row++) {
        if (dropped[row]) continue // so that the label of a row that is dropped makes no class
        const value = values[row]
        if (isQuick && typeof value === 'number' && this.cells.isPlain(value))
          out[row * step + reading.place] = value
        else if (!this.#put(reading, value, start + row, out, row * step)) dropped[row] = 1
      }
    }
    if (!dropped.includes(1)) return { x, y, ...(w && { weights: w }), length: rows }
    const kept = Int32Array.from(dropped, (_, i) => i).filter((i) => dropped[i] === 0)
    const keep = (data: Data, spec: FieldSpec): Data => gatherExamples({ ...spec, data }, kept)
    const own = w && weights && { weights: keep(w, weights) }
    return { x: keep(x, xSpec), y: keep(y, ySpec), ...own, length: kept.length }
  }

  /** Writes a row's value in a column (number or list) to `out`; returns false if the row must be dropped. */
  #put({ column, kind, place, shape }: Reading, value: unknown, row: number, out: Data, at: number): boolean {
    const where = (): string => `row ${row}, column ${column.name}`
    const elements: unknown[] = []
    if (shape.length === 0) elements.push(value)
    else {
      flattened(value, shape, elements, (wanted, got) => {
        const fix = 'cut or pad the lists to one length'
        return malformed(this.#file.name, `${wanted} at ${where()}, as before`, got, fix)
      })
    }
    for (const [i, element] of elements.entries()) {
      const number = this.#cell(
        column.scale === undefined ? element : decimal(element, column.scale),
        where,
        kind,
        place + i,
      )
      if (Number.isNaN(number)) return false
      out[at + place + i] = number
    }
    return true
  }

  #cell(value: unknown, where: () => string, kind: Reading['kind'], place: number): number {
    if (kind === 'label') return this.cells.label(value, where)
    if (kind === 'weight') return this.cells.weight(value, where)
    const isFeature = kind === 'feature'
    return this.cells.number(value, where, isFeature ? place : -1 - place, isFeature)
  }
}
