import type { Data } from '../../core/dtype.ts'
import type { FormatError } from '../../core/errors.ts'
import { malformed, mismatch, showValue } from '../../core/mismatch.ts'
import { sizeOf } from '../../core/shape.ts'
import type { Batch } from '../batch.ts'
import { type Dataset, type FieldSpec, type Names, namesOf, type Values } from '../dataset.ts'
import { Collisions, columnOf, maxFloat32, mayCollide } from '../float32.ts'
import { gatherExamples } from '../gather-examples.ts'
import { datasetOf, joined } from '../stream.ts'
import { LabelCodes } from './label-codes.ts'
import { MissingValues } from './missing.ts'
import { isInfinity, type NumeralFormat, numeralReader } from './numerals.ts'
import { isInputOnly, type TablePlan, type TableValues } from './table.ts'

/** Texts that count as 1 or 0 in columns of numbers, such as `True` and `False`; the same as in pandas. */
const booleans = new Map([
  ...['True', 'TRUE', 'true'].map((text) => [text, 1] as const),
  ...['False', 'FALSE', 'false'].map((text) => [text, 0] as const),
])

/** Converts a table's values to numbers, and batches of them to a data set; errors name the row and column. */
export class Cells {
  /** Maximum magnitude of a number: greater ones are refused, since they would be infinite in the data set. */
  readonly #max: number
  readonly #collisions: Collisions | undefined
  readonly #missing: MissingValues
  readonly #name: string
  readonly #options: TableValues
  readonly #labels: LabelCodes
  readonly #numeral: (text: string) => number

  constructor(name: string, options: TableValues, format?: NumeralFormat) {
    this.#name = name
    this.#options = options
    const { dtype, missing } = options
    this.#max = dtype === 'float32' ? maxFloat32 : Number.MAX_VALUE
    this.#collisions = dtype === 'float32' ? new Collisions() : undefined
    if (typeof missing === 'number' && Math.abs(missing) > this.#max) {
      throw mismatch(name, `missing as a number that ${dtype} can hold`, missing, "give dtype: 'float64'")
    }
    this.#missing = new MissingValues(options.naValues)
    this.#labels = new LabelCodes(options.classNames)
    this.#numeral = numeralReader(format)
  }

  /** Whether a parsed number needs no more checks. 0 needs one, since `Number` also returns 0 for an empty text. */
  isPlain(value: number): boolean {
    return value !== 0 && Math.abs(value) <= this.#max && !this.#missing.hasNumbers && !mayCollide(value)
  }

  /**
   * Converts a value of a feature or target column to a number. Returns NaN if the row must be dropped.
   *
   * @param where returns the value's place for errors, such as `line 3, column age`
   * @param place index of the value in the example's `x`, or −1 minus its index in the example's `y`; undefined if it
   *   is in neither
   * @param fill whether to replace a missing value by the option `missing`, if that is a number
   */
  number(value: unknown, where: () => string, place: number | undefined, fill = true): number {
    const text = typeof value === 'string' ? value.trim() : undefined
    const isMissing = text === undefined ? value == null || Number.isNaN(value) : this.#missing.hasText(text)
    if (isMissing) return this.#absent(value, where, fill)
    const bit = booleans.get(text ?? '')
    if (bit !== undefined) return bit
    const number = text === undefined ? numberOf(value) : this.#numeral(text)
    if (this.#missing.hasNumber(number)) return this.#absent(value, where, fill)
    if (Math.abs(number) <= this.#max) {
      if (place !== undefined) this.#collisions?.add(place, number)
      return number
    }
    throw this.#noNumber(value, number, where)
  }

  /** Converts a value of the column of weights to a number. Returns NaN if the row must be dropped. */
  weight(value: unknown, where: () => string): number {
    const weight = this.number(value, where, undefined, false)
    if (weight < 0) throw this.#wrong('a weight ≥ 0', value, where)
    return weight
  }

  /**
   * Converts a value of the label column to an integer code, which `dataset` later replaces by a class index.
   * Returns NaN if the row must be dropped.
   *
   * @param isQuoted whether the text was quoted: `"NA"` is a class by default, unquoted NA may be missing
   */
  label(value: unknown, where: () => string, isQuoted = true): number {
    if (value == null || Number.isNaN(value)) return this.#absent(value, where, false)
    if (Math.abs(Number(value)) === Infinity && typeof value === 'number') {
      throw this.#wrong('a finite label', value, where)
    }
    const text = String(value).trim()
    const { classNames, classes } = this.#options
    const known = classNames === undefined ? undefined : this.#labels.classOf(text)
    if (known !== undefined) return known
    if (this.#missing.hasLabel(text, isQuoted, classNames !== undefined || classes !== undefined)) {
      return this.#absent(value, where, false)
    }
    if (classNames !== undefined) throw this.#wrong(`one of ${classNames.join(', ')}`, value, where)
    if (classes === undefined) {
      const code = this.#labels.codeOf(text, isQuoted ? undefined : where)
      if (this.#labels.areTooMany) throw this.#tooMany(value, where)
      return code
    }
    const number = this.#numeral(text)
    if (Number.isInteger(number) && number >= 0 && number < classes) return number
    throw this.#wrong(
      `a label from 0 to ${classes - 1}`,
      value,
      where,
      Number.isInteger(number) || Number.isNaN(number) ? undefined : asTarget,
    )
  }

  #tooMany(value: unknown, where: () => string): FormatError {
    const got = `${showValue(value)} after ${this.#labels.size - 1} other labels`
    const fix = `${asTarget} instead, or give classNames or classes`
    return malformed(this.#name, `classes in the label column, at ${where()}`, got, fix)
  }

  /** Joins all batches of a table to one data set, and replaces label codes by class indices, in place. */
  dataset(batches: readonly Batch[], plan: TablePlan): Dataset {
    const { x, y, label, featureNames } = plan
    if (!batches.some(({ length }) => length > 0)) {
      throw malformed(this.#name, 'at least one row of values', 'none')
    }
    for (const batch of batches) this.#checkDistinct(batch, plan)
    const { order, ...classes } = label === undefined ? { order: [] } : this.#classes()
    for (const { y: labels } of order.length > 0 ? batches : []) {
      for (let i = 0; i < labels.length; i++) labels[i] = order[Number(labels[i])]!
    }
    const known = order.includes(-1) ? batches.map((batch) => labelled(batch, plan)) : batches
    if (!known.some(({ length }) => length > 0)) {
      throw malformed(this.#name, 'at least one row without missing values', 'none')
    }
    const names = namesOf({ ...classes, featureNames })
    const [only, ...rest] = known
    return only && rest.length === 0 ? datasetOf(only, x, y, names) : joined(known, plan, names)
  }

  /** Returns, once all labels were read, the classes and the class index of each code in `LabelCodes`. */
  #classes(): Names & { readonly order: readonly number[] } {
    const { classNames, classes, missing } = this.#options
    if (classNames !== undefined) return { classNames, order: [] }
    if (classes !== undefined) return { classes, order: [] }
    const found = this.#labels.classes()
    const [word] = found.missing
    if (word !== undefined && missing !== 'drop') this.#absent(word.text, () => word.where, false)
    return found
  }

  /** @throws {FormatError} when float32 keeps at most half of a column's large whole numbers distinct. */
  #checkDistinct({ x, y }: Batch, plan: TablePlan): void {
    const [inX, inY] = [plan.x, plan.y].map(({ shape }) => sizeOf(shape)) as [number, number]
    const found = this.#collisions?.found((place) =>
      place >= 0 ? columnOf(x as Values, inX, place) : columnOf(y as Values, inY, -1 - place),
    )
    if (found === undefined) return
    const { column: place, got } = found
    const named = place >= 0 ? plan.featureNames?.[place] : undefined
    const where = named === undefined ? '' : ` in column ${named}`
    const fix = place >= 0 ? ', or leave the column out with features' : ''
    throw malformed(
      this.#name,
      `numbers that float32 tells apart${where}`,
      got,
      `give dtype: 'float64'${fix}`,
    )
  }

  #absent(value: unknown, where: () => string, fill: boolean): number {
    const { missing } = this.#options
    if (missing === 'drop') return Number.NaN
    if (missing !== undefined && fill) return missing
    const fix = isInputOnly(this.#options)
      ? 'fill it in, or leave the row out'
      : "leave such rows out with missing: 'drop', or give a number for missing features"
    throw malformed(this.#name, `a value at ${where()}`, value == null ? 'null' : showValue(value), fix)
  }

  #noNumber(value: unknown, number: number, where: () => string): FormatError {
    const text = typeof value === 'string' ? value.trim() : String(value)
    if (isInfinity(text)) {
      const fix = `replace it, or count it as missing with naValues: ['${text}']`
      return this.#wrong('a finite number', value, where, fix)
    }
    if (!Number.isNaN(number)) {
      const fix = Number.isFinite(number) ? "give dtype: 'float64'" : undefined
      return this.#wrong(`a number that ${this.#options.dtype} can hold`, value, where, fix)
    }
    const isAdvised = typeof value === 'string' && !isInputOnly(this.#options)
    return this.#wrong('a number', value, where, isAdvised ? adviceFor(text) : undefined)
  }

  #wrong(wanted: string, value: unknown, where: () => string, fix?: string): FormatError {
    const got = typeof value === 'bigint' ? String(value) : showValue(value)
    return malformed(this.#name, `${wanted} at ${where()}`, got, fix)
  }
}

const asTarget = 'did you mean target? If the column holds numbers to predict, give it as target'

/** Returns advice, for an error message, about a text that is not a number. */
function adviceFor(text: string): string {
  if (/^[+-]?[\d.]+,\d+$/.test(text)) {
    return "if the comma is the decimal point, give decimal: ','; if it groups digits, thousands: ','"
  }
  return 'leave columns of text out with features, and add texts that mean missing to naValues'
}

/** Returns a batch without the examples whose label is −1, which stands for a missing label. */
function labelled({ x, y, weights }: Batch, plan: TablePlan): Batch {
  const kept = Int32Array.from(y.keys()).filter((i) => Number(y[i]) >= 0)
  const pick = (data: Data, spec: FieldSpec): Data => gatherExamples({ ...spec, data }, kept)
  const own = weights && plan.weights && { weights: pick(weights, plan.weights) }
  return { x: pick(x, plan.x), y: pick(y, plan.y), ...own, length: kept.length }
}

const numberOf = (value: unknown): number =>
  ['number', 'bigint', 'boolean'].includes(typeof value) ? Number(value) : Number.NaN
