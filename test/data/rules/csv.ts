import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Dataset } from '../../../src/data/dataset.ts'
import { csvStream, csv as readCsv } from '../../../src/data/files/csv.ts'
import type { CsvOptions } from '../../../src/data/formats/csv-options.ts'
import { collect } from '../../../src/data/stream.ts'
import { folder, type Reader } from './reading.ts'

/**
 * Writes a CSV file and reads it, into memory and as a stream, which must agree.
 *
 * @param content text, written as UTF-8, or the bytes of the file
 */
export const csv: Reader = async (content: string | Uint8Array, options: CsvOptions): Promise<Dataset> => {
  const path = join(folder, 'a.csv')
  writeFileSync(path, content)
  const whole = readCsv(path, options)
  const { classes, classNames } = whole
  const names = classNames !== undefined ? { classNames } : classes !== undefined ? { classes } : {}
  const streamed = await collect(csvStream(path, { ...options, ...names }))
  if (JSON.stringify(streamed) !== JSON.stringify(whole)) throw new Error('the stream has other examples')
  return whole
}
