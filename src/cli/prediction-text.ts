import { csvLine } from '../core/csv-line.ts'
import type { Data } from '../core/dtype.ts'
import type { OutputsReader } from '../train/outputs-reader.ts'
import type { Decoded, Predicted, PredictionReader } from '../train/prediction.ts'
import { jsonLine } from './output.ts'

/** Formats in which predictions are written. */
export const predictionFormats = ['csv', 'jsonl'] as const

export type PredictionFormat = (typeof predictionFormats)[number]

/** Writes predictions as text, a line for each row. */
export interface PredictionText {
  /** The line of column names; empty for JSON lines. */
  readonly header: string
  /** Returns a function that makes the line of a row of a batch, given the model's output for the batch. */
  lines(y: Data): (row: number, file?: string) => string
}

/**
 * Returns how predictions are written: `p:CLASS` for each class, then `prediction`, or `prediction:NAME` for each of
 * several; of several outputs, each with the output's name before it, as in `kind:prediction`. Numbers have the digits
 * of the model's element type.
 *
 * @param hasFiles whether each row is an image, whose path comes first
 */
export function predictionText(
  reader: OutputsReader,
  { format, hasFiles, isDouble }: { format: PredictionFormat; hasFiles: boolean; isDouble: boolean },
): PredictionText {
  const rounded = isDouble ? (value: number) => value : (value: number) => Number(value.toPrecision(digits))
  const shown = (value: Predicted): Predicted => (typeof value === 'number' ? rounded(value) : value)
  if (format === 'jsonl') {
    return {
      header: '',
      lines: (y) => {
        const outputs = reader.valuesIn(y)
        return (row, file) => {
          const each = outputs.map(({ name, reader, y }) => {
            const own = record(reader, reader.decoded(y, row))
            return name === undefined ? own : { [name]: own }
          })
          return jsonLine(Object.assign(file === undefined ? {} : { file }, ...each))
        }
      },
    }
  }
  const names = reader.outputs.flatMap(({ name, reader: { probable, several } }) =>
    [
      ...probable.map((one) => `p:${one}`),
      ...(several?.map((one) => `prediction:${one}`) ?? ['prediction']),
    ].map((column) => (name === undefined ? column : `${name}:${column}`)),
  )
  return {
    header: csvLine([...(hasFiles ? ['file'] : []), ...names]),
    lines: (y) => {
      const outputs = reader.valuesIn(y)
      return (row, file) => {
        const out: Predicted[] = file === undefined ? [] : [file]
        for (const { reader, y } of outputs) addCells(out, reader, reader.decoded(y, row))
        return csvLine(out)
      }
    },
  }

  function record({ probable }: PredictionReader, { prediction, probabilities }: Decoded): object {
    return {
      prediction: Array.isArray(prediction) ? prediction.map(shown) : shown(prediction as Predicted),
      ...(probabilities && {
        probabilities: Object.fromEntries(probable.map((name, i) => [name, rounded(probabilities[i]!)])),
      }),
    }
  }

  function addCells(
    out: Predicted[],
    { several }: PredictionReader,
    { prediction, probabilities = [] }: Decoded,
  ): void {
    for (const value of probabilities) out.push(rounded(value))
    if (!Array.isArray(prediction)) out.push(shown(prediction as Predicted))
    else if (several === undefined) out.push(prediction.join(';'))
    else for (const value of prediction) out.push(shown(value))
  }
}

/** Significant digits of a float32. */
const digits = 7
