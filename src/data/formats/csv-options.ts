import {
  boolean,
  choice,
  custom,
  integer,
  type Option,
  type OptionsOf,
  type ValuesOf,
} from '../../core/options.ts'
import { areTexts } from '../names.ts'
import { encodingOption } from './decoder.ts'
import { tableOptions } from './table.ts'

const isCharacter = (value: unknown): boolean => typeof value === 'string' && /^[^"\r\n]$/.test(value)

const delimiterText = custom<string>(
  "one character, no quote or line end, or 'whitespace' for one or more blanks or tabs",
  (value) => value === 'whitespace' || isCharacter(value),
  ',',
)
const delimiter: Option<string | RegExp, string> = {
  ...delimiterText,
  read(who, name, value) {
    const isBlanks = value instanceof RegExp && ['\\s+', '[ \\t]+', ' +'].includes(value.source)
    return delimiterText.read(who, name, isBlanks ? 'whitespace' : value)
  },
}

const isHeader = (value: unknown): boolean => typeof value === 'boolean' || areTexts(value)

/** Options for reading CSV. */
export const csvOptions = {
  ...tableOptions,
  /**
   * Whether the first row contains the names of the columns; or a list of names, for a file without such a row.
   * @default true, but if no column is chosen by name, a first row with numbers is an error
   */
  header: custom<boolean | readonly string[]>('true, false or a list of names', isHeader),
  /** Character that separates values; 'whitespace' (or `/\s+/`) is one or more blanks or tabs. @default ',', or a tab in a file named `.tsv` */
  delimiter,
  /** Whether values may be quoted; without quotes, `"` is a character like any other. @default true */
  quote: boolean(true),
  /** Decimal separator of numbers. @default '.' */
  decimal: choice(['.', ','], '.'),
  /** Character that separates groups of three digits in numbers. @default none */
  thousands: custom<string>(
    'one character, no digit, sign, quote or line end',
    (value) => isCharacter(value) && !/[\d+-]/.test(String(value)),
  ),
  /** Text that begins a comment, which extends to the end of the line. @default none */
  comment: custom<string>(
    'a text without quotes and line ends',
    (value) => typeof value === 'string' && /^[^"\r\n]+$/.test(value),
  ),
  /** Number of lines to skip at the start of the file. @default 0 */
  skip: integer({ min: 0 }, 0),
  /** Encoding of a file without byte-order mark, as the WHATWG Encoding Standard names it. @default 'utf-8' */
  encoding: encodingOption,
}

export interface CsvOptions extends OptionsOf<typeof csvOptions> {}

/** Values of `csvOptions` after they were checked and defaults filled in. */
export type CsvValues = ValuesOf<typeof csvOptions>
