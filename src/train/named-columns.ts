import { columnAbsent } from '../core/mismatch.ts'
import { Cells } from '../data/formats/cells.ts'
import type { TableValues } from '../data/formats/table.ts'
import { placesOf, rowNames, type TensorSpecs } from '../data/record.ts'
import type { TableRow } from '../data/table/encode-row.ts'
import { encoder } from '../data/table/encoder.ts'
import type { RawRow } from '../data/table/rows.ts'
import type { Encodings } from './record-reader.ts'

/** A tensor, and the columns of a table that hold its values. */
interface NamedColumns {
  readonly name: string
  readonly columns: readonly string[]
  /** Whether the columns hold raw values of a mixed table, or a label, rather than numbers. */
  readonly holds: 'rows' | 'label' | 'numbers'
}

/**
 * Finds the columns of named tensors in a table: the raw columns of a tensor that is encoded; for others, a column named
 * after the tensor or, for several numbers, a column for each, as in `image[0]`.
 */
export class ColumnsOfTensors {
  readonly #tensors: readonly NamedColumns[]

  constructor(specs: TensorSpecs, encodings: Encodings = {}) {
    this.#tensors = placesOf(specs).map(({ name, spec, size }) => {
      const encoding = encodings[name]
      if (encoding) return { name, columns: encoder(encoding).columns.map((one) => one.name), holds: 'rows' }
      const isLabel = spec.classes !== undefined && spec.dtype === 'int32' && size === 1
      return { name, columns: rowNames({ [name]: spec }), holds: isLabel ? 'label' : 'numbers' }
    })
  }

  /** Names of all columns. */
  get names(): readonly string[] {
    return this.#tensors.flatMap(({ columns }) => columns)
  }

  /**
   * Returns the rows of a table as records of tensors by name.
   *
   * @throws {ArgumentError} when a column is not there.
   * @throws {FormatError} when a number is missing or none.
   */
  records(
    who: string,
    table: { readonly columns: readonly string[]; readonly rows: readonly RawRow[]; readonly unit: string },
    options: TableValues,
  ): TableRow[] {
    const { columns, rows, unit } = table
    const lacking = this.names.find((name) => !columns.includes(name))
    if (lacking !== undefined) throw columnAbsent(who, lacking, columns, this.names)
    const cells = new Cells(who, options)
    const places = this.#tensors.map((tensor) => ({
      ...tensor,
      at: tensor.columns.map((name) => columns.indexOf(name)),
    }))
    return rows.map(({ cells: raw, place }) => {
      const entries = places.map(({ name, columns: own, holds, at }): [string, unknown] => {
        if (holds === 'label') return [name, raw[at[0]!]]
        if (holds === 'rows') return [name, Object.fromEntries(own.map((column, i) => [column, raw[at[i]!]]))]
        const where = (i: number) => (): string => `${unit} ${place}, column ${own[i]}`
        return [name, at.map((column, i) => cells.number(raw[column], where(i), undefined))]
      })
      return Object.fromEntries(entries)
    })
  }
}
