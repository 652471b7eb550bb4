import { malformed, unknownName } from '../../core/mismatch.ts'
import type { Field, Names } from '../dataset.ts'
import { weightsOf } from '../example-weights.ts'
import { planTable, type TablePlan } from '../formats/table.ts'
import { CellParser } from './cells.ts'
import { parserOf } from './column-encoder.ts'
import { type ColumnStore, NumberStore, TextStore } from './column-store.ts'
import type { CellFormat } from './encoding.ts'
import { type Guess, guessNumbers, guessTexts } from './guess.ts'
import { type ColumnPlan, planColumn } from './kinds.ts'
import { labelsOf } from './labels.ts'
import { numeralAdvice } from './numeral-advice.ts'
import { isNumeric } from './numeric.ts'
import { RowErrors } from './row-errors.ts'
import type { RawRow } from './rows.ts'
import { MixedTable } from './table.ts'
import type { MixedCsvValues, MixedValues } from './table-options.ts'

/** Number of rows from which it is decided which columns hold numbers. */
const sampled = 1000

type Syntax = Pick<MixedCsvValues, 'decimal' | 'thousands'>

const nameIt = 'write one into the first line'

/** Makes a table of rows that arrive one after another. */
export class TableBuilder {
  readonly #name: string
  readonly #columns: readonly string[]
  readonly #options: MixedValues
  readonly #errors: RowErrors
  readonly #format: CellFormat
  readonly #cells: CellParser
  readonly #plan: TablePlan
  /** Columns, other than features, that no row may lack. */
  readonly #needed: readonly number[]
  #first: RawRow[] = []
  #stores: (NumberStore | TextStore)[] | undefined
  #told: readonly (ColumnPlan | undefined)[]

  /**
   * @param unit noun for the place of a row in the file
   * @throws {ArgumentError} when a column does not exist, or its kind is wrong.
   */
  constructor(
    name: string,
    columns: readonly string[],
    options: MixedValues & Partial<Syntax>,
    unit: 'line' | 'row',
  ) {
    this.#name = name
    this.#columns = columns
    this.#options = options
    this.#errors = new RowErrors(name, this.#columns, unit)
    this.#format = formatOf(options)
    this.#cells = new CellParser(this.#format)
    const unnamed = columns.indexOf('')
    if (unnamed >= 0) throw malformed(name, 'a name for each column', `none for column ${unnamed}`, nameIt)
    this.#plan = rolesOf(name, columns, options)
    const { label, targets, weight } = this.#plan
    this.#needed = [...(label === undefined ? targets : [label]), ...(weight === undefined ? [] : [weight])]
    this.#told = this.#toldPlans()
  }

  #toldPlans(): readonly (ColumnPlan | undefined)[] {
    const { columns = {}, missing } = this.#options
    const names = this.#plan.features.map((at) => this.#columns[at]!)
    const stranger = Object.keys(columns).find((name) => !names.includes(name))
    if (stranger !== undefined) throw unknownName(`${this.#name}: columns`, names, stranger)
    return this.#columns.map((name) => {
      const given = Object.hasOwn(columns, name) ? columns[name] : undefined
      return given === undefined ? undefined : planColumn(this.#name, name, given, missing)
    })
  }

  /** Adds a row. @throws {FormatError} when a value is not of its kind. */
  add(row: RawRow): void {
    if (this.#stores) this.#store(this.#stores, row)
    else if (this.#first.push(row) === sampled) this.#start()
  }

  /** Decides how each column is stored, and stores the rows that were kept for that. */
  #start(): (NumberStore | TextStore)[] {
    const { label, targets, weight } = this.#plan
    const stores = this.#columns.map((_, at) => {
      const kind = this.#told[at]?.kind
      if (at === label) return new TextStore()
      if (targets.includes(at) || at === weight || kind === 'number') return NumberStore.empty()
      if (kind !== undefined) return new TextStore()
      const sample = this.#first.map(({ cells }) => cells[at])
      return isNumeric(sample, this.#cells) ? NumberStore.empty() : new TextStore()
    })
    this.#stores = stores
    for (const row of this.#first) this.#store(stores, row)
    this.#first = []
    return stores
  }

  #store(stores: readonly (NumberStore | TextStore)[], { cells, place }: RawRow): void {
    for (let at = 0; at < stores.length; at++) {
      const store = stores[at]!
      const given = cells[at]
      if (store instanceof NumberStore) {
        const value = this.#cells.number(given)
        if (value === undefined) throw this.#errors.noNumber(at, given, place, this.#isGuess(at))
        store.push(value)
      } else store.push(this.#text(at, given, place), place)
    }
    for (const at of this.#needed) {
      const value = stores[at]!.at(stores[at]!.length - 1)
      if (value === null && this.#options.missing !== 'drop') throw this.#errors.absent(at, cells[at], place)
      if (at === this.#plan.weight && (value as number) < 0)
        throw this.#errors.wrong('a weight ≥ 0', at, cells[at], place)
    }
  }

  #isGuess(at: number): boolean {
    return this.#told[at] === undefined && this.#plan.features.includes(at)
  }

  #text(at: number, given: unknown, place: number): string | null {
    const { classNames } = this.#options
    if (at === this.#plan.label && typeof given === 'string' && classNames?.includes(given.trim())) {
      return given.trim()
    }
    const text = this.#cells.text(given)
    if (text === undefined) throw this.#errors.wrong('a text, a number or a boolean', at, given, place)
    return text
  }

  /** Returns the table of all rows. */
  table(): MixedTable {
    const stores = this.#stores ?? this.#start()
    const plans: ColumnPlan[] = []
    const texts = new Map<number, TextStore>()
    for (const at of this.#plan.features) {
      const store = stores[at]!
      const plan = this.#told[at] ?? this.#guessed(at, store)
      plans.push(plan)
      if (!(store instanceof TextStore)) continue
      stores[at] = this.#converted(at, plan, store)
      if (stores[at] !== store) texts.set(at, store)
    }
    const kept = this.#kept(plans, stores)
    const pick = <S extends ColumnStore>(all: Iterable<[number, S]>): ReadonlyMap<string, S> =>
      new Map(Array.from(all, ([at, store]) => [this.#columns[at]!, kept ? (store.pick(kept) as S) : store]))
    const named = pick<ColumnStore>(stores.entries())
    const { y, names } = this.#y(named)
    const options = Object.fromEntries(
      Object.entries(this.#options).filter(([, value]) => value !== undefined),
    )
    const weights = this.#weights(named)
    const parts = { name: this.#name, options, format: this.#format, plans, y, names, ...weights }
    return new MixedTable({ ...parts, stores: named, texts: pick(texts) })
  }

  #guessed(at: number, store: NumberStore | TextStore): ColumnPlan {
    const name = this.#columns[at]!
    if (store instanceof TextStore) this.#checkNumerals(at, store)
    const { kind, because }: Guess =
      store instanceof NumberStore ? guessNumbers(name, store.numbers) : guessTexts(store, this.#cells)
    const plan = planColumn(this.#name, name, kind as 'number', this.#options.missing)
    return because === undefined ? plan : { ...plan, because }
  }

  /** @throws {FormatError} when most texts of a column are numbers, but written in another way than numbers are read. */
  #checkNumerals(at: number, { texts, places }: TextStore): void {
    const isPlain = (text: string): boolean => this.#cells.number(text) !== undefined
    const advice = numeralAdvice(texts, isPlain)
    if (advice === undefined) return
    const wrong = texts.findIndex((text) => /\d/.test(text) && !isPlain(text))
    throw this.#errors.otherNumber(at, texts[wrong]!, places[wrong]!, advice)
  }

  /** Returns the values of a column of texts as its kind has them: the same store, if these are the texts. */
  #converted(at: number, plan: ColumnPlan, store: TextStore): NumberStore | TextStore {
    if (plan.kind === 'text' || plan.kind === 'ignore') return store
    if (plan.kind === 'category') return store.mapped((text) => this.#cells.category(text) ?? text)
    const { parse, wanted } = parserOf(plan, this.#cells)
    return store.numbers((text, place) => {
      const value = parse(text)
      if (typeof value !== 'number') throw this.#errors.wrong(wanted, at, text, place)
      return value
    })
  }

  /** Returns the rows to keep, or undefined for all of them. @throws {FormatError} when none are left. */
  #kept(plans: readonly ColumnPlan[], stores: readonly ColumnStore[]): Int32Array | undefined {
    const names = new Set(plans.filter(({ drop }) => drop).map(({ name }) => name))
    const needed = stores.filter((_, at) => this.#needed.includes(at) || names.has(this.#columns[at]!))
    const length = stores[0]!.length
    if (length === 0) throw malformed(this.#name, 'at least one row of values', 'none')
    const rows = Int32Array.from({ length }, (_, row) => row)
    const kept = rows.filter((row) => needed.every((store) => store.at(row) !== null))
    if (kept.length === 0) throw malformed(this.#name, 'at least one row without missing values', 'none')
    return kept.length < length ? kept : undefined
  }

  #y(stores: ReadonlyMap<string, ColumnStore>): { readonly y: Field; readonly names: Names } {
    const { label, targets, y } = this.#plan
    const storeOf = (at: number): ColumnStore => stores.get(this.#columns[at]!)!
    if (label !== undefined) {
      const store = storeOf(label) as TextStore
      return labelsOf(this.#name, store, this.#options, (code) =>
        this.#errors.place(label, store.places[code]!),
      )
    }
    const columns = targets.map((at) => (storeOf(at) as NumberStore).numbers)
    const length = columns[0]!.length
    const data = new Float32Array(length * columns.length)
    for (const [i, numbers] of columns.entries()) {
      for (let row = 0; row < length; row++) data[row * columns.length + i] = numbers[row]!
    }
    return { y: { data, shape: y.shape, dtype: 'float32' }, names: {} }
  }

  #weights(stores: ReadonlyMap<string, ColumnStore>): { readonly weights?: Field } {
    const { weight } = this.#plan
    if (weight === undefined) return {}
    const { numbers } = stores.get(this.#columns[weight]!) as NumberStore
    return { weights: weightsOf(this.#name, Float64Array.from(numbers), numbers.length) }
  }
}

/** Returns which columns are features, and which are predicted. @throws {ArgumentError} when one does not exist. */
export function rolesOf(name: string, columns: readonly string[], options: MixedValues): TablePlan {
  const { label, target, weight, classNames, classes, naValues } = options
  const none = { features: undefined, shape: undefined, missing: undefined }
  const chosen = { label, target, weight, classNames, classes, naValues }
  return planTable(name, columns, { ...chosen, ...none, dtype: 'float32' })
}

/** Returns how numbers and missing values are written, without what is the default. */
export const formatOf = ({ naValues, decimal, thousands }: MixedValues & Partial<Syntax>): CellFormat => ({
  ...(naValues !== undefined && { naValues }),
  ...(decimal !== undefined && decimal !== '.' && { decimal }),
  ...(thousands !== undefined && { thousands }),
})
