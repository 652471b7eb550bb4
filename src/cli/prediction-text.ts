import { csvLine } from '../core/csv-line.ts'
import type { Data } from '../core/dtype.ts'
import type { Decoded, Predicted, PredictionReader } from '../train/prediction.ts'
import { jsonLine } from './output.ts'

/** Formats in which predictions are written. */
export const predictionFormats = ['csv', 'jsonl'] as const

export type PredictionFormat = (typeof predictionFormats)[number]

/** Writes predictions as text, a line for each row. */
export interface PredictionText {
  /** The line of column names; empty for JSON lines. */
  readonly header: string
  /** Returns the line for row `row` of a batch, given the model's output for the batch. */
  line(y: Data, row: number, file?: string): string
}

/**
 * Returns how predictions are written: `p:CLASS` for each class, then `prediction`, or `prediction:NAME` for each of
 * several. Numbers have the digits of the model's element type.
 *
 * @param hasFiles whether each row is an image, whose path comes first
 */
export function predictionText(
  reader: PredictionReader,
  { format, hasFiles, isDouble }: { format: PredictionFormat; hasFiles: boolean; isDouble: boolean },
): PredictionText {
  const rounded = isDouble ? (value: number) => value : (value: number) => Number(value.toPrecision(digits))
  const shown = (value: Predicted): Predicted => (typeof value === 'number' ? rounded(value) : value)
  const { probable, several } = reader
  if (format === 'jsonl') {
    return { header: '', line: (y, row, file) => jsonLine(record(reader.decoded(y, row), file)) }
  }
  const names = [
    ...(hasFiles ? ['file'] : []),
    ...probable.map((name) => `p:${name}`),
    ...(several?.map((name) => `prediction:${name}`) ?? ['prediction']),
  ]
  return { header: csvLine(names), line: (y, row, file) => csvLine(cells(reader.decoded(y, row), file)) }

  function record({ prediction, probabilities }: Decoded, file?: string): object {
    return {
      ...(file !== undefined && { file }),
      prediction: Array.isArray(prediction) ? prediction.map(shown) : shown(prediction as Predicted),
      ...(probabilities && {
        probabilities: Object.fromEntries(probable.map((name, i) => [name, rounded(probabilities[i]!)])),
      }),
    }
  }

  function cells({ prediction, probabilities = [] }: Decoded, file?: string): Predicted[] {
    const out: Predicted[] = file === undefined ? [] : [file]
    for (const value of probabilities) out.push(rounded(value))
    if (!Array.isArray(prediction)) out.push(shown(prediction as Predicted))
    else if (several === undefined) out.push(prediction.join(';'))
    else for (const value of prediction) out.push(shown(value))
    return out
  }
}

/** Significant digits of a float32. */
const digits = 7
