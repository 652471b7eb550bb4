import { FormatError } from '../../core/errors.ts'
import { mismatch } from '../../core/mismatch.ts'
import type { Batch } from '../batch.ts'
import { type Dataset, namesOf } from '../dataset.ts'
import { joined, type Stream } from '../stream.ts'
import type { Cells } from './cells.ts'
import type { TablePlan, TableValues } from './table.ts'

/** Joins the rows of a whole table to a data set, with its classes in order. */
export function tableDataset(
  name: string,
  parts: readonly Batch[],
  table: { readonly plan: TablePlan; readonly cells: Cells },
): Dataset {
  if (!parts.some(({ length }) => length > 0)) {
    throw new FormatError(`${name}: wanted at least one row of values, got none`)
  }
  const { x, y, label, featureNames } = table.plan
  if (label === undefined) return joined(parts, x, y, namesOf({ featureNames }))
  const { order, ...classes } = table.cells.classes()
  for (const { y: labels } of order.length > 0 ? parts : []) {
    for (let i = 0; i < labels.length; i++) labels[i] = order[Number(labels[i])]!
  }
  return joined(parts, x, y, namesOf({ ...classes, featureNames }))
}

/**
 * The shapes, types and names of a table's examples, before they are read.
 *
 * @throws {ArgumentError} when a label has neither `classNames` nor `classes`.
 */
export function tableSpec(
  name: string,
  { x, y, featureNames }: TablePlan,
  { label, classNames, classes = classNames?.length }: TableValues,
): Omit<Stream, 'read'> {
  if (label === undefined) return { x, y, ...namesOf({ featureNames }) }
  if (classes === undefined) {
    throw mismatch(
      name,
      'classNames or classes, for labels are unknown before the end of a stream',
      undefined,
    )
  }
  return { x, y, ...namesOf({ classes, classNames, featureNames }) }
}
