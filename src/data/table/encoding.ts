// The encoding of a table as plain JSON, with everything that was learnt from training rows. It imports nothing, and is
// written into a run, into the metadata `evenstep.table` of an exported ONNX file, and into the file beside it.

/** How numbers and missing values are written in the table's texts. */
export interface CellFormat {
  /** Texts that count as missing, besides the empty text. @default pandas' list (`NA`, `NaN`, `null`, …) and `?` */
  readonly naValues?: readonly string[]
  /** Decimal separator of numbers. @default '.' */
  readonly decimal?: string
  /** Character that separates groups of three digits in numbers. @default none */
  readonly thousands?: string
}

/** Standardization of a column of numbers: `(value − mean) / deviation`, after missing values were filled in. */
export interface NumberEncoding {
  readonly mean: number
  readonly deviation: number
  /** Value that replaces a missing one. Without it, a missing value is an error. */
  readonly fill?: number
  /** Whether a second feature is 1 where the value is missing, and 0 elsewhere. */
  readonly indicator?: true
}

/** Encoding of one column. */
export type ColumnEncoding = { readonly name: string } & (
  | ({ readonly kind: 'number' } & NumberEncoding)
  | ({ readonly kind: 'boolean' } & NumberEncoding)
  | ({ readonly kind: 'ordinal'; readonly order: readonly string[] } & NumberEncoding)
  | ({ readonly kind: 'date'; readonly format: DateFormat; readonly clock?: true } & NumberEncoding)
  | {
      readonly kind: 'category'
      /** Value of code 1, of code 2, …; null is the missing value. Every other value has code 0. */
      readonly values: readonly (string | null)[]
      /** Number of rare values in the training rows, if almost all values were rare. */
      readonly rare?: number
      /** Whether a missing value is an error. */
      readonly drop?: true
    }
  | {
      readonly kind: 'text'
      readonly by: TextUnit
      readonly buckets: number
      /** Whether a missing text is an error, rather than an empty text. */
      readonly drop?: true
    }
  | {
      readonly kind: 'ignore'
      /** Reason why the column was guessed to say nothing. */
      readonly because?: string
    }
)

/** Order of day, month and year in a date. */
export type DateFormat = 'ymd' | 'dmy' | 'mdy'

/** Parts of a text that are hashed: its words, or runs of 3 to 5 characters within a word. */
export type TextUnit = 'words' | 'characters'

/** What a column holds. */
export type ColumnKind = ColumnEncoding['kind']

/** Encoding of a table's rows: what `table.json` and the ONNX metadata `evenstep.table` contain. */
export interface TableEncoding extends CellFormat {
  /** Version of the format: 1. */
  readonly format: number
  /** Encodings of the columns in the order of the encoded row. */
  readonly columns: readonly ColumnEncoding[]
}

/** A cell after parsing: a number (of a date, days since 1970), a text, or null if the value is missing. */
export type CellValue = number | string | null
