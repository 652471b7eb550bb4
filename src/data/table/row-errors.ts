import { malformed, showValue } from '../../core/mismatch.ts'
import { numeralAdvice } from './numeral-advice.ts'

/** Makes errors about the rows of a file, which name the place. */
export class RowErrors {
  readonly name: string
  readonly #columns: readonly string[]
  readonly #unit: 'line' | 'row'

  /** @param unit noun for the place of a row */
  constructor(name: string, columns: readonly string[], unit: 'line' | 'row') {
    this.name = name
    this.#columns = columns
    this.#unit = unit
  }

  /** Returns the place of a cell: `line 3, column age`. */
  place(at: number, place: number): string {
    return `${this.#unit} ${place}, column ${this.#columns[at]}`
  }

  wrong(wanted: string, at: number, given: unknown, place: number, fix?: string): Error {
    return malformed(this.name, `${wanted} at ${this.place(at, place)}`, showValue(given), fix)
  }

  /** @param isGuess whether the column was only guessed to hold numbers */
  noNumber(at: number, given: unknown, place: number, isGuess: boolean): Error {
    const column = showValue(this.#columns[at])
    const tell = `tell its kind, as in columns: { ${column}: 'category' }, or add the text to naValues`
    const wanted = isGuess ? 'a number, as in the rows before,' : 'a number'
    const texts = typeof given === 'string' ? [given.trim()] : []
    const advice = this.#unit === 'line' ? numeralAdvice(texts, () => false) : undefined
    const fix = advice ?? (isGuess ? tell : 'add texts that mean missing to naValues')
    return this.wrong(wanted, at, given, place, fix)
  }

  /** @param advice options by which the text becomes a number */
  otherNumber(at: number, given: string, place: number, advice: string): Error {
    const fix = this.#unit === 'line' ? advice : 'store the column as numbers'
    const tell = `if the texts are no numbers, tell the column's kind, as in columns: { ${showValue(this.#columns[at])}: 'category' }`
    return this.wrong('a plain number', at, given, place, `${fix}; ${tell}`)
  }

  absent(at: number, given: unknown, place: number): Error {
    return this.wrong('a value', at, given, place, "leave such rows out with missing: 'drop'")
  }
}
