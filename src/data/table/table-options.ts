import type { OptionsOf, ValuesOf } from '../../core/options.ts'
import { csvOptions } from '../formats/csv-options.ts'
import { tableOptions } from '../formats/table.ts'
import { planOptions } from './kinds.ts'

// A table of mixed columns chooses and encodes its features in its own way, so these options are left out.
const { features: _1, shape: _2, missing: _3, dtype: _4, ...chosen } = tableOptions
const { features: _5, shape: _6, missing: _7, dtype: _8, ...chosenOfCsv } = csvOptions

/** Options for reading a table of mixed columns from a file of any format: its columns, and what is missing. */
export const mixedOptions = { ...chosen, ...planOptions }

/** Options for reading a table of mixed columns from CSV: `mixedOptions`, and the syntax of the file. */
export const mixedCsvOptions = { ...chosenOfCsv, ...planOptions }

/** Options of `data.table`. Those of the syntax of CSV are refused for a Parquet file. */
export interface MixedTableOptions extends OptionsOf<typeof mixedCsvOptions> {}

/** Options of `data.parseParquetTable`. */
export interface ParquetTableOptions extends OptionsOf<typeof mixedOptions> {}

/** Values of `mixedCsvOptions` after they were checked and defaults filled in. */
export type MixedCsvValues = ValuesOf<typeof mixedCsvOptions>

/** Values of `mixedOptions` after they were checked and defaults filled in. */
export type MixedValues = ValuesOf<typeof mixedOptions>
