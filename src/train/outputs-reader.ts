import type { Data } from '../core/dtype.ts'
import { sizeOf } from '../core/shape.ts'
import { fromRows, placesOf } from '../data/record.ts'
import { type Prediction, PredictionReader } from './prediction.ts'
import type { About } from './run-graph.ts'

/** Predictions of a model of several outputs, by the outputs' names. */
export type NamedPrediction<Output extends string = string> = Readonly<Record<Output, Prediction>>

/** An output of a model, with its values for some examples. */
interface OutputValues {
  /** Name of the output; undefined for the only one. */
  readonly name: string | undefined
  readonly reader: PredictionReader
  readonly y: Data
}

/** Converts the outputs of a model, one or several by name, to predictions. */
export class OutputsReader {
  /** Readers of the outputs in order, by name; the name of an only output is undefined. */
  readonly outputs: readonly Omit<OutputValues, 'y'>[]
  readonly #about: About

  constructor(about: About) {
    this.#about = about
    const { answer, answers = {}, y, target, batchSize } = about
    this.outputs = answer
      ? [{ name: undefined, reader: new PredictionReader(answer, about) }]
      : Object.entries(y!.tensors!).map(([name, { shape, dtype }]) => {
          const { classNames } = target.tensors![name]!
          const own = {
            batchSize,
            y: { shape: [batchSize, ...shape], dtype },
            ...(classNames && { classNames }),
          }
          return { name, reader: new PredictionReader(answers[name]!, own) }
        })
  }

  /** Returns the values of each output, given the output or rows for some examples. */
  valuesIn(rows: Data): readonly OutputValues[] {
    const { y, batchSize } = this.#about
    if (!y!.tensors) return [{ ...this.outputs[0]!, y: rows }]
    const width = sizeOf(y!.shape) / batchSize
    const places = placesOf(y!.tensors)
    return this.outputs.map((one, i) => ({ ...one, y: fromRows(rows, width, places[i]!) }))
  }

  /** Returns the predictions for `length` examples. */
  read(rows: Data, length: number): (Prediction | NamedPrediction)[] {
    const values = this.valuesIn(rows)
    const [{ name, reader, y }] = values as [OutputValues]
    const each = Array.from({ length }, (_, row) => row)
    if (name === undefined) return each.map((row) => reader.read(y, row))
    return each.map((row) =>
      Object.fromEntries(values.map((one) => [one.name!, one.reader.read(one.y, row)])),
    )
  }
}
