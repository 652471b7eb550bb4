import { malformed } from '../core/mismatch.ts'
import { sizeOf } from '../core/shape.ts'
import type { CsvColumns } from '../data/formats/csv-header.ts'
import type { CsvValues } from '../data/formats/csv-options.ts'
import { namesOfColumns } from '../data/table/rows.ts'
import type { MixedCsvValues } from '../data/table/table-options.ts'
import type { About } from './run-graph.ts'

/**
 * Returns the names of a table's columns. A file without names has the columns of the file that the model was trained
 * on, with or without what is to be predicted; they are called '0', '1', … by their places in that file.
 *
 * @throws {FormatError} when such a file has another number of columns.
 */
export function trainedNames(name: string, columns: CsvColumns, { recipe }: About): readonly string[] {
  if (typeof columns !== 'number') return columns
  const { label, target } = recipe!.table as Partial<MixedCsvValues>
  const features = recipe!.encoding!.columns.map((column) => column.name)
  if (columns === features.length) return features
  const all = features.length + [label ?? target ?? []].flat().length
  if (columns === all) return namesOfColumns(columns)
  throw malformed(name, `${features.length} columns, or ${all} with what is to be predicted`, columns)
}

/**
 * Returns the places of the features in a CSV file without names: one like the file that the model was trained on, one
 * that lacks what is to be predicted, or one of the features alone, in their order.
 *
 * @throws {FormatError} when the file has another number of columns.
 */
export function unnamedFeatures(name: string, width: number, { x, recipe }: About): readonly number[] {
  const { features, label, target } = (recipe?.table ?? {}) as Partial<CsvValues>
  const size = sizeOf(x.shape)
  const predicted = [label ?? target ?? []].flat()
  // Older runs do not tell the width if the features were chosen.
  const all = recipe?.width ?? (features === undefined ? size + predicted.length : Math.max(width, size))
  if (recipe?.width === undefined && width === size) return Array.from(Array(size).keys())
  const at = (column: unknown): number => (Number(column) + all) % all
  const dropped = new Set(predicted.map(at))
  const rest = Array.from(Array(all).keys()).filter((column) => !dropped.has(column))
  const chosen = features?.map(at) ?? rest
  if (width === all) return chosen
  if (width === rest.length) return chosen.map((column) => rest.indexOf(column))
  if (width === size) return Array.from(Array(size).keys())
  const alone = size === rest.length ? '' : `, or ${rest.length} with all that the training file had`
  const both = dropped.size === 0 ? '' : `, or ${all} with what is to be predicted`
  throw malformed(name, `${size} columns of features${alone}${both}`, width)
}
