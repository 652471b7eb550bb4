import { FormatError } from '../../core/errors.ts'
import { mismatch } from '../../core/mismatch.ts'
import type { Batch } from '../batch.ts'
import type { Dataset, Names } from '../dataset.ts'
import { joinedSource, type Stream } from '../stream.ts'
import type { Cells, TableOptions, TablePlan } from './table.ts'

/** The rows of a whole table as a data set, with its classes in order. */
export function tableDataset(
  name: string,
  parts: readonly Batch[],
  plan: () => TablePlan,
  cells: Cells,
): Dataset {
  if (!parts.some(({ length }) => length > 0)) {
    throw new FormatError(`${name}: wanted at least one row of values, got none`)
  }
  const { x, y, label, featureNames } = plan()
  const features: Names = featureNames === undefined ? {} : { featureNames }
  if (label === undefined) return joinedSource(parts, x, y, features)
  const { order, ...classes } = cells.classes()
  for (const { y: labels } of order.length > 0 ? parts : []) {
    for (let i = 0; i < labels.length; i++) labels[i] = order[Number(labels[i])]!
  }
  return joinedSource(parts, x, y, { ...classes, ...features })
}

/**
 * What is known of a table's examples before they are read.
 *
 * @throws {ArgumentError} when there is a label without `classNames` or `classes`.
 */
export function tableSpec(
  name: string,
  { x, y, featureNames }: TablePlan,
  { label, classNames, classes = classNames?.length }: TableOptions,
): Omit<Stream, 'read'> {
  if (label !== undefined && classes === undefined) {
    throw mismatch(
      name,
      'classNames or classes, for labels are not known before the end of a stream',
      undefined,
    )
  }
  return {
    x,
    y,
    ...(featureNames !== undefined && { featureNames }),
    ...(label !== undefined && classes !== undefined && { classes }),
    ...(label !== undefined && classNames !== undefined && { classNames }),
  }
}
