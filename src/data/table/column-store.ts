import type { CellValue } from './encoding.ts'

/** Values of a column that grows row by row. */
export interface ColumnStore {
  readonly length: number
  /** Returns the value of a row. */
  at(row: number): CellValue
  /** Returns the store of some rows, in the order of the list. */
  pick(rows: Int32Array): ColumnStore
}

/** A column of numbers; missing ones are NaN. */
export class NumberStore implements ColumnStore {
  length = 0
  #data: Float64Array

  constructor(data: Float64Array = new Float64Array(1024)) {
    this.#data = data
    this.length = data.length
  }

  static empty(): NumberStore {
    const store = new NumberStore()
    store.length = 0
    return store
  }

  get numbers(): Float64Array {
    return this.#data.subarray(0, this.length)
  }

  push(value: number | null): void {
    if (this.length === this.#data.length) this.#data = doubled(this.#data)
    this.#data[this.length++] = value ?? Number.NaN
  }

  at(row: number): CellValue {
    const value = this.#data[row]!
    return Number.isNaN(value) ? null : value
  }

  pick(rows: Int32Array): NumberStore {
    return new NumberStore(Float64Array.from(rows, (row) => this.#data[row]!))
  }
}

/** Number of texts from which on they are no longer compared if most of them are different. */
const compared = 1000

/**
 * A column of texts, of which missing ones have code −1. Each distinct text is kept once, unless most of the first
 * ones are different: then each row has its own code.
 */
export class TextStore implements ColumnStore {
  length = 0
  readonly texts: string[] = []
  /** Line or row where each text was first seen. */
  readonly places: number[] = []
  #codeOf: Map<string, number> | undefined = new Map()
  #codes = new Int32Array(1024)
  #present = 0

  /** Whether equal texts have equal codes. */
  get areDistinct(): boolean {
    return this.#codeOf !== undefined
  }

  /** Number of rows that have a text. */
  get present(): number {
    return this.#present
  }

  get codes(): Int32Array {
    return this.#codes.subarray(0, this.length)
  }

  push(text: string | null, place: number): void {
    if (this.length === this.#codes.length) this.#codes = doubled(this.#codes)
    if (text !== null) this.#present++
    this.#codes[this.length++] = text === null ? -1 : this.#code(text, place)
  }

  #code(text: string, place: number): number {
    const known = this.#codeOf?.get(text)
    if (known !== undefined) return known
    const code = this.texts.length
    this.#codeOf?.set(text, code)
    if (code === compared && 2 * code > this.length) this.#codeOf = undefined
    this.texts.push(text)
    this.places.push(place)
    return code
  }

  at(row: number): CellValue {
    const code = this.#codes[row]!
    return code < 0 ? null : this.texts[code]!
  }

  pick(rows: Int32Array): TextStore {
    const picked = new TextStore()
    for (const row of rows) {
      const code = this.#codes[row]!
      picked.push(code < 0 ? null : this.texts[code]!, code < 0 ? 0 : this.places[code]!)
    }
    return picked
  }

  /** Returns a store of the text that `map` makes of each text: this one, if `map` changes none. */
  mapped(map: (text: string) => string): TextStore {
    const texts = this.texts.map(map)
    if (texts.every((text, code) => text === this.texts[code])) return this
    const made = new TextStore()
    for (const code of this.codes) made.push(texts[code] ?? null, this.places[code] ?? 0)
    return made
  }

  /** Returns a store of the number that `parse` makes of each text. */
  numbers(parse: (text: string, place: number) => number): NumberStore {
    const values = this.texts.map((text, code) => parse(text, this.places[code]!))
    const numbers = new Float64Array(this.length)
    for (let row = 0; row < numbers.length; row++) numbers[row] = values[this.#codes[row]!] ?? Number.NaN
    return new NumberStore(numbers)
  }
}

function doubled<A extends Float64Array | Int32Array>(data: A): A {
  const longer = new (data.constructor as new (length: number) => A)(2 * data.length)
  longer.set(data as never)
  return longer
}
