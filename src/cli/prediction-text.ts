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
  const rounded: Rounding = isDouble ? (value) => value : (value) => Number(value.toPrecision(digits))
  return format === 'jsonl' ? jsonText(reader, rounded) : csvText(reader, rounded, hasFiles)
}

type Rounding = (value: number) => number

const shownBy =
  (rounded: Rounding) =>
  (value: Predicted): Predicted =>
    typeof value === 'number' ? rounded(value) : value

function jsonText(reader: OutputsReader, rounded: Rounding): PredictionText {
  const shown = shownBy(rounded)
  const record = ({ probable }: PredictionReader, { prediction, probabilities }: Decoded): object => ({
    prediction: Array.isArray(prediction) ? prediction.map(shown) : shown(prediction as Predicted),
    ...(probabilities && {
      probabilities: Object.fromEntries(probable.map((name, i) => [name, rounded(probabilities[i]!)])),
    }),
  })
  const lines = (y: Data) => {
    const outputs = reader.valuesIn(y)
    return (row: number, file?: string): string => {
      const each = outputs.map(({ name, reader, y }) => {
        const own = record(reader, reader.decoded(y, row))
        return name === undefined ? own : { [name]: own }
      })
      return jsonLine(Object.assign(file === undefined ? {} : { file }, ...each))
    }
  }
  return { header: '', lines }
}

function csvText(reader: OutputsReader, rounded: Rounding, hasFiles: boolean): PredictionText {
  const shown = shownBy(rounded)
  const names = reader.outputs.flatMap(({ name, reader: { probable, several } }) =>
    [
      ...probable.map((one) => `p:${one}`),
      ...(several?.map((one) => `prediction:${one}`) ?? ['prediction']),
    ].map((column) => (name === undefined ? column : `${name}:${column}`)),
  )
  const addCells = (out: Predicted[], { several }: PredictionReader, decoded: Decoded): void => {
    const { prediction, probabilities = [] } = decoded
    for (const value of probabilities) out.push(rounded(value))
    if (!Array.isArray(prediction)) out.push(shown(prediction as Predicted))
    else if (several === undefined) out.push(prediction.join(';'))
    else for (const value of prediction) out.push(shown(value))
  }
  const lines = (y: Data) => {
    const outputs = reader.valuesIn(y)
    return (row: number, file?: string): string => {
      const out: Predicted[] = file === undefined ? [] : [file]
      for (const { reader, y } of outputs) addCells(out, reader, reader.decoded(y, row))
      return csvLine(out)
    }
  }
  return { header: csvLine([...(hasFiles ? ['file'] : []), ...names]), lines }
}

/** Significant digits of a float32. */
const digits = 7
