import type { OptionsOf, ValuesOf } from '../../core/options.ts'
import { csvOptions } from '../formats/csv-options.ts'
import { planOptions } from './kinds.ts'

const { label, target, classNames, classes, naValues, ...others } = csvOptions
const { features: _, shape: __, missing: ___, dtype: ____, ...syntax } = others

/** Options of a table in any format. */
export const mixedOptions = {
  label,
  target,
  classNames,
  classes,
  naValues,
  ...planOptions,
}

/** Options of a table in CSV. */
export const mixedCsvOptions = { ...mixedOptions, ...syntax }

/** Options of `data.table`. Those of the syntax of CSV are refused for a Parquet file. */
export interface MixedTableOptions extends OptionsOf<typeof mixedCsvOptions> {}

/** Values of `mixedCsvOptions` after they were checked and defaults filled in. */
export type MixedCsvValues = ValuesOf<typeof mixedCsvOptions>

/** Values of `mixedOptions` after they were checked and defaults filled in. */
export type MixedValues = ValuesOf<typeof mixedOptions>
