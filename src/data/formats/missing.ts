import { isInfinity, parseNumeral } from './numerals.ts'

/** Words that count as missing among numbers, but may also be the name of a class. */
const words = ['NA', 'N/A', 'n/a', 'None', 'NULL', 'null']

/** Texts that count as missing by default, besides the empty one: those of pandas, and `?`. */
const marks = '? <NA> #N/A #NA NaN nan -NaN -nan 1.#IND -1.#IND 1.#QNAN -1.#QNAN'.split(' ')
const defaults: ReadonlySet<string> = new Set([...words, ...marks, '#N/A N/A'])

/** Whether a text may be either the name of a class or a missing value. */
export const isAmbiguous = (text: string): boolean => words.includes(text)

/** Decides which values of a table are missing. */
export class MissingValues {
  readonly #texts: ReadonlySet<string>
  /** Whether the texts were given, so that they count as missing wherever they stand. */
  readonly #given: boolean
  readonly #numbers: ReadonlySet<number>

  /** @param naValues texts that count as missing; without them, the default ones */
  constructor(naValues: readonly string[] | undefined) {
    this.#given = naValues !== undefined
    this.#texts = naValues === undefined ? defaults : new Set(naValues.map((text) => text.trim()))
    this.#numbers = new Set(naValues?.map(numberIn).filter((value) => !Number.isNaN(value)))
  }

  /** Whether any number counts as missing. */
  get hasNumbers(): boolean {
    return this.#numbers.size > 0
  }

  /** Whether a number is among the given texts. */
  hasNumber(value: number): boolean {
    return this.#numbers.has(value)
  }

  /** Whether a text, without blanks around it, counts as missing in a column of numbers. */
  hasText(text: string): boolean {
    if (text === '' || this.#texts.has(text)) return true
    return this.hasNumbers && this.#numbers.has(numberIn(text))
  }

  /** Whether a label counts as missing, if it is not the name of a known class. */
  hasLabel(text: string, isQuoted: boolean, areClassesKnown: boolean): boolean {
    if (this.#given || text === '') return this.hasText(text)
    return !isQuoted && this.hasText(text) && (areClassesKnown || !isAmbiguous(text))
  }
}

const numberIn = (text: string): number =>
  isInfinity(text) ? Number(`${text.startsWith('-') ? '-' : ''}Infinity`) : parseNumeral(text)
