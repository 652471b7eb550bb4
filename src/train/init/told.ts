/** What a user says about the data: which column, array or file holds what is to be predicted, and how a table is read. */
export interface Told {
  readonly label?: string
  readonly target?: string
  /** False for a CSV file without names of columns. */
  readonly header: boolean
  /** Character between values of CSV; `tab` or `\t` is a tab. Without it, the first lines decide. */
  readonly delimiter?: string
  /** Decimal separator of CSV. Without it, the first lines decide. */
  readonly decimal?: string
  /** Separator of groups of three digits in CSV. */
  readonly thousands?: string
  /** Texts that mean missing in a table. */
  readonly na: readonly string[]
  /** What to do with missing values of a table. */
  readonly missing?: string
  /** Columns of a table that are no features. */
  readonly ignore: readonly string[]
  readonly seed: number
}
