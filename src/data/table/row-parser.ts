import { columnAbsent } from '../../core/mismatch.ts'
import type { TablePlan } from '../formats/table.ts'
import { CellParser } from './cells.ts'
import { parserOf } from './column-encoder.ts'
import type { CellFormat, CellValue, ColumnKind } from './encoding.ts'
import { RowErrors } from './row-errors.ts'
import type { RawRow, RowSource } from './rows.ts'
import type { MixedValues } from './table-options.ts'

/** A column of features: its kind, and whether rows in which it is missing are dropped. */
export interface FeatureColumn {
  readonly name: string
  readonly kind: ColumnKind
  readonly drop?: boolean
  readonly order?: readonly string[]
  readonly format?: string
}

/** A row after parsing: the values of the columns of features, and the label's text or the targets. */
export interface ParsedRow {
  readonly values: readonly CellValue[]
  readonly y: readonly CellValue[]
  /** Weight of the row, if there is a column of weights. */
  readonly weight?: number
  readonly place: number
}

/** Parses the rows of a file one by one. */
export class RowParser {
  readonly errors: RowErrors
  readonly #features: readonly (FeatureColumn & {
    readonly at: number
    readonly wanted: string
    parse(value: unknown): CellValue | undefined
  })[]
  readonly #cells: CellParser
  readonly #plan: TablePlan
  readonly #options: MixedValues

  /** @throws {ArgumentError} when a column of features does not exist. */
  constructor(
    { name, columns, unit }: RowSource,
    plan: TablePlan,
    features: readonly FeatureColumn[],
    options: MixedValues,
    format: CellFormat,
  ) {
    this.errors = new RowErrors(name, columns, unit)
    this.#cells = new CellParser(format)
    this.#plan = plan
    this.#options = options
    const needed = features.map((column) => column.name)
    this.#features = features.map((column) => {
      const at = columns.indexOf(column.name)
      if (at < 0) throw columnAbsent(name, column.name, columns, needed, 'the encoding')
      return { ...column, ...parserOf(column, this.#cells), at }
    })
  }

  /** Returns a row's values; undefined if the row is dropped. @throws {FormatError} naming a wrong value. */
  parse({ cells, place }: RawRow): ParsedRow | undefined {
    const values: CellValue[] = []
    for (const { at, parse, wanted, drop } of this.#features) {
      const value = parse(cells[at])
      if (value === undefined) throw this.errors.wrong(wanted, at, cells[at], place)
      if (value === null && drop) return undefined
      values.push(value)
    }
    const { label, targets, weight } = this.#plan
    const y =
      label === undefined
        ? targets.map((at) => this.#target(at, cells[at], place))
        : [this.#label(cells[label])]
    const at = y.indexOf(null)
    const isWeighted = weight !== undefined
    const own = isWeighted ? this.#weight(weight, cells[weight], place) : 1
    if (at < 0 && own !== null) return isWeighted ? { values, y, weight: own, place } : { values, y, place }
    if (this.#options.missing === 'drop') return undefined
    const column = at < 0 ? weight! : (label ?? targets[at]!)
    throw this.errors.absent(column, cells[column], place)
  }

  #label(given: unknown): string | null {
    const { classNames } = this.#options
    if (typeof given === 'string' && classNames?.includes(given.trim())) return given.trim()
    return this.#cells.text(given) ?? null
  }

  #weight(at: number, given: unknown, place: number): number | null {
    const value = this.#target(at, given, place)
    if (value !== null && value < 0) throw this.errors.wrong('a weight ≥ 0', at, given, place)
    return value
  }

  #target(at: number, given: unknown, place: number): number | null {
    const value = this.#cells.number(given)
    if (value === undefined) throw this.errors.noNumber(at, given, place, false)
    return value
  }
}
