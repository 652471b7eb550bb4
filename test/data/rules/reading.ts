import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Dataset, dataset } from '../../../src/data/dataset.ts'

/** Folder for the files of the rows; `removeFolder` removes it. */
export const folder = mkdtempSync(join(tmpdir(), 'evenstep-rules-'))
export const removeFolder = (): void => rmSync(folder, { recursive: true })

/** A function that examples in the table of rules may call: it writes a file, and reads it back as a data set. */
export type Reader = (...given: never[]) => Dataset | Promise<Dataset>

/** What the table of rules says about a data set: a row lists those of these properties that matter to it. */
export function summary(set: Dataset): Readonly<Record<string, unknown>> {
  const { length, x, y, classes, classNames, featureNames } = set
  return {
    length,
    x: Array.from(x.data, Number),
    y: Array.from(y.data, Number),
    shape: x.shape,
    targetShape: y.shape,
    types: [x.dtype, y.dtype],
    classes,
    classNames,
    featureNames,
  }
}

/** The example's arguments of `data.dataset` itself. */
export const arrays: Reader = (columns: Parameters<typeof dataset>[0]) => dataset(columns)
