import { isAmbiguous } from './missing.ts'
import { parseNumeral } from './numerals.ts'

/** Maximum number of classes if they are found in the data, rather than given. */
const mostClasses = 10_000

/** Maximum number of classes if some labels are numbers with a fraction, such as ratings in half stars. */
const mostFractions = 50

/** The classes that were found in a label column. */
export interface FoundClasses {
  readonly classNames?: readonly string[]
  readonly classes?: number
  /** Class index of each label code; −1 if the label is missing. */
  readonly order: readonly number[]
  /** Texts that stand for missing labels, each with the place where it was first seen. */
  readonly missing: readonly { readonly text: string; readonly where: string }[]
}

/**
 * Finds the class of each text in a label column. If the classes are not known in advance, each distinct text
 * gets a code at first, and `classes` returns the class of each code at the end.
 */
export class LabelCodes {
  /** Class index by class name; if all names are numerals, also by their common form (see `keyOf`). */
  readonly #known: Map<string, number>
  readonly #areNumbers: boolean
  /** Code of each distinct text so far: codes are assigned in order of first appearance. */
  readonly #codes = new Map<string, number>()
  /** Place where each text that may mean a missing label (`NA`) was first seen, unless it was ever quoted. */
  readonly #places = new Map<string, string>()

  #hasFractions = false

  constructor(classNames: readonly string[] = []) {
    this.#areNumbers = classNames.every(isNumeral)
    const values = this.#areNumbers ? classNames.map((text, code) => [keyOf(text), code] as const) : []
    this.#known = new Map([...values, ...classNames.map((text, code) => [text, code] as const)])
  }

  /** Returns the index of a text in `classNames`, or undefined. */
  classOf(text: string): number | undefined {
    const known = this.#known.get(text)
    return known === undefined && this.#areNumbers && isNumeral(text) ? this.#known.get(keyOf(text)) : known
  }

  /**
   * Returns the code of a text.
   *
   * @param where returns the text's place in the file; absent if the text certainly is not a missing label
   */
  codeOf(text: string, where?: () => string): number {
    if (where === undefined) this.#places.delete(text)
    const known = this.#codes.get(text)
    if (known !== undefined) return known
    if (where !== undefined && isAmbiguous(text)) this.#places.set(text, where())
    const code = this.#codes.size
    this.#codes.set(text, code)
    this.#hasFractions ||= !Number.isInteger(Number(text)) && isNumeral(text)
    return code
  }

  /** Number of distinct texts that were given codes. */
  get size(): number {
    return this.#codes.size
  }

  /** Whether the column has more distinct labels than a column of classes usually has: it probably holds numbers. */
  get areTooMany(): boolean {
    const { size } = this.#codes
    return size > mostClasses || (this.#hasFractions && size > mostFractions)
  }

  /**
   * Returns the classes of all codes, sorted: as numbers if all labels are numbers, otherwise as text. Among
   * numbers, labels of equal value are one class, and a word such as `NA` is a missing label. If the classes
   * are just 0, 1, …, `classNames` is left out.
   */
  classes(): FoundClasses {
    const found = [...this.#codes.keys()]
    const certain = found.filter((text) => !this.#places.has(text))
    const areNumbers = certain.every(isNumeral)
    const names = areNumbers ? numericNames(certain) : new Map(found.map((text) => [text, text]))
    const missing = areNumbers ? [...this.#places].map(([text, where]) => ({ text, where })) : []
    const sorted = [...new Set(names.values())].sort(areNumbers ? byValue : undefined)
    const places = new Map(sorted.map((name, place) => [name, place]))
    const order = found.map((text) => places.get(names.get(text) ?? '') ?? -1)
    const isCounting = sorted.every((text, i) => text === String(i))
    return { ...(isCounting ? { classes: sorted.length } : { classNames: sorted }), order, missing }
  }
}

const isNumeral = (text: string): boolean => !Number.isNaN(parseNumeral(text))

/** Returns one common text for all numerals of equal value (1, 1.0); integers beyond 2^53 stay unchanged. */
function keyOf(text: string): string {
  const value = Number(text)
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? text : String(value)
}

const byValue = (a: string, b: string): number => Number(a) - Number(b) || (a < b ? -1 : 1)

/** Returns the class name of each numeral: itself, or a common form if several numerals have the same value. */
function numericNames(texts: readonly string[]): ReadonlyMap<string, string> {
  const spellings = new Map<string, string[]>()
  for (const text of texts) {
    const key = keyOf(text)
    const same = spellings.get(key) ?? []
    same.push(text)
    spellings.set(key, same)
  }
  const named = [...spellings].flatMap(([key, same]) =>
    same.map((text) => [text, same.length === 1 ? text : key] as const),
  )
  return new Map(named)
}
