import { isInfinity, parseNumeral } from './numerals.ts'

/** Words that count as missing in columns of numbers, but in a label column may be names of classes. */
const words = ['NA', 'N/A', 'n/a', 'None', 'NULL', 'null']

/** Texts that count as missing by default, besides the empty text and `words`: pandas' list, and `?`. */
const marks = '? <NA> #N/A #NA NaN nan -NaN -nan 1.#IND -1.#IND 1.#QNAN -1.#QNAN'.split(' ')
const defaults: ReadonlySet<string> = new Set([...words, ...marks, '#N/A N/A'])

/** Whether a text may be either the name of a class or a missing value. */
export const isAmbiguous = (text: string): boolean => words.includes(text)

/** Decides which values of a table are missing. */
export class MissingValues {
  readonly #texts: ReadonlySet<string>
  /** Whether the user gave `naValues`; these texts count as missing everywhere, also as quoted labels. */
  readonly #given: boolean
  readonly #numbers: ReadonlySet<number>
  /** Length of the longest text that counts as missing. */
  readonly #longest: number

  /** @param naValues texts that count as missing; without them, the default ones */
  constructor(naValues: readonly string[] | undefined) {
    this.#given = naValues !== undefined
    this.#texts = naValues === undefined ? defaults : new Set(naValues.map((text) => text.trim()))
    this.#longest = Math.max(0, ...[...this.#texts].map((text) => text.length))
    this.#numbers = new Set(naValues?.map(numberIn).filter((value) => !Number.isNaN(value)))
  }

  /** Whether some numbers count as missing, because `naValues` includes them. */
  get hasNumbers(): boolean {
    return this.#numbers.size > 0
  }

  /** Whether a number counts as missing, because `naValues` includes it. */
  hasNumber(value: number): boolean {
    return this.#numbers.has(value)
  }

  /** Whether a text, already trimmed, counts as missing in a column of numbers. */
  hasText(text: string): boolean {
    if (text === '' || (text.length <= this.#longest && this.#texts.has(text))) return true
    return this.hasNumbers && this.#numbers.has(numberIn(text))
  }

  /** Whether a label that is not the name of a known class counts as missing. */
  hasLabel(text: string, isQuoted: boolean, areClassesKnown: boolean): boolean {
    if (this.#given || text === '') return this.hasText(text)
    return !isQuoted && this.hasText(text) && (areClassesKnown || !isAmbiguous(text))
  }
}

const numberIn = (text: string): number =>
  isInfinity(text) ? Number(`${text.startsWith('-') ? '-' : ''}Infinity`) : parseNumeral(text)
