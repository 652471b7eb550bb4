import { allFinite, type Data, joinData } from '../core/dtype.ts'
import { ArgumentError, NotFiniteError } from '../core/errors.ts'
import { sizeOf } from '../core/shape.ts'
import { variables } from '../core/state.ts'
import type { Module } from '../nn/module.ts'
import type { Session } from '../runtime/session.ts'
import { openOnnx, withWeights } from '../runtime/stored-graph.ts'
import type { Experiment } from './experiment.ts'
import { checkWeights } from './finite.ts'
import { checkInputRanges } from './input-range.ts'
import { normalizedX, strangenessOf } from './normalized.ts'
import { type NamedPrediction, OutputsReader } from './outputs-reader.ts'
import type { Prediction } from './prediction.ts'
import { inputFeeds, outputRows } from './row-feeds.ts'
import { RowReader, type RowsInput } from './row-reader.ts'
import { type About, aboutOf, graphsOf } from './run-graph.ts'

/** Inputs of some examples, ready for the model: encoded and normalized as in training. */
export interface Inputs {
  readonly x: Data
  readonly length: number
}

interface Waiting extends Inputs {
  readonly resolve: (y: Data) => void
  readonly reject: (error: unknown) => void
}

/** Maximum number of rows in a run of the graph, and of numbers in its input. */
const most = { rows: 4096, numbers: 2 ** 20 }

/** Number of inputs whose mean is compared with that in training. */
const enough = 100

/** A model that is loaded once and then predicts any number of times. Calls that overlap are computed together. */
export class Predictor {
  readonly about: About
  readonly reader: OutputsReader
  readonly #session: Session
  readonly #rows: RowReader
  readonly #waiting: Waiting[] = []
  #isRunning = false

  private constructor(session: Session, about: About, reader: OutputsReader) {
    this.#session = session
    this.about = about
    this.reader = reader
    this.#rows = new RowReader('predict', about)
  }

  /**
   * Compiles a model, given as an ONNX file that `about` describes.
   *
   * @throws {ArgumentError} when it is not known what the output means.
   */
  static async open(bytes: Uint8Array, about: About): Promise<Predictor> {
    const { answer, answers, answerRefused, dtype } = about
    if (answerRefused !== undefined) throw new ArgumentError(answerRefused)
    if (answer === undefined && answers === undefined)
      throw new ArgumentError(
        'predict: wanted a run that says what its output means, got one of an older version of Evenstep; ' +
          "name the experiment's file with --experiment FILE",
      )
    const reader = new OutputsReader(about)
    return new Predictor(await openOnnx(bytes, { exact: dtype === 'float64' }), about, reader)
  }

  /** Returns a prediction for each row; see `OpenedRun.predict`. */
  async predict(rows: RowsInput): Promise<(Prediction | NamedPrediction)[]> {
    const raw = this.#rows.read(rows)
    const length = raw.length / sizeOf(this.about.x.shape)
    const y = await this.compute({ x: normalizedX(raw, this.about), length })
    return this.reader.read(y, length)
  }

  /**
   * Returns the model's output for inputs of any number.
   *
   * @param before number of rows that come before these, for errors
   * @throws {ArgumentError} when the model looks a number up that is none of its indices.
   * @throws {NotFiniteError} when a number of the output is NaN or infinite.
   */
  async compute(inputs: Inputs, before = 0): Promise<Data> {
    const { shape } = this.about.x
    checkInputRanges(inputs.x, this.about.x, before)
    const size = sizeOf(shape)
    const rows = Math.max(1, Math.min(most.rows, Math.floor(most.numbers / size)))
    const parts: Promise<Data>[] = []
    for (let from = 0; from < inputs.length; from += rows) {
      const length = Math.min(rows, inputs.length - from)
      parts.push(this.#queued({ x: inputs.x.subarray(from * size, (from + length) * size), length }))
    }
    const y = joinData(await Promise.all(parts))
    if (!allFinite(y))
      throw new NotFiniteError('predict: wanted finite outputs of the model, got NaN or infinity')
    return y
  }

  /** Returns a warning if the mean of many inputs is far from that in training; undefined otherwise. */
  warning({ x: data, length }: Inputs): string | undefined {
    const {
      x: { range: _, ranges: __, ...x },
      featureNames,
    } = this.about
    if (length < enough) return undefined
    const y = { shape: [0], dtype: x.dtype, data: data.subarray(0, 0) }
    const named = featureNames && { featureNames }
    return strangenessOf({ x: { ...x, data }, y, length, ...named }, this.about)
  }

  #queued(inputs: Inputs): Promise<Data> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ...inputs, resolve, reject })
      if (!this.#isRunning) this.#run()
    })
  }

  /** Runs the graph until nothing waits, each time on as many of the inputs that wait as fit into a run. */
  async #run(): Promise<void> {
    this.#isRunning = true
    await Promise.resolve() // lets calls of the same tick join
    while (this.#waiting.length > 0) {
      const batch: Waiting[] = []
      let length = 0
      do {
        const next = this.#waiting.shift()!
        batch.push(next)
        length += next.length
      } while (this.#waiting.length > 0 && length + this.#waiting[0]!.length <= most.rows)
      try {
        const y = await this.#output(joinData(batch.map(({ x }) => x)), length)
        const width = y.length / length
        let from = 0
        for (const { length: rows, resolve } of batch) {
          resolve(y.subarray(from * width, (from + rows) * width))
          from += rows
        }
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    this.#isRunning = false
  }

  async #output(data: Data, length: number): Promise<Data> {
    const { x, y } = this.about
    return outputRows(y!, await this.#session.run(inputFeeds(x, data)), length)
  }
}

/**
 * Compiles the model of a run at `path`, which its experiment made, for predictions.
 *
 * @throws {ArgumentError} when the model has no graph for any number of rows.
 */
export async function modelPredictor(
  path: string,
  experiment: Experiment,
  model: Module,
): Promise<Predictor> {
  const tensors = variables(model)
  checkWeights(path, tensors)
  const { model: bytes, about } = graphsOf(experiment, { model, variables: tensors }, aboutOf(experiment))
  if (bytes === undefined) throw new ArgumentError(about.refused!)
  return Predictor.open(withWeights({ name: 'inference.onnx', bytes }, { name: path, tensors }), about)
}

/** Returns a prediction for each row or, of a model of several outputs, a prediction of each output by name. */
export interface Predict {
  (rows: RowsInput): Promise<Prediction[]>
  <Output extends string>(rows: RowsInput): Promise<NamedPrediction<Output>[]>
}

/** Returns `OpenedRun.predict`, which opens the model when it is first called. */
export function predicting(openModel: () => Promise<Predictor>): Predict {
  let opened: Promise<Predictor> | undefined
  const predict = async (rows: RowsInput): Promise<unknown[]> => {
    opened ??= openModel()
    return (await opened).predict(rows)
  }
  return predict as Predict
}
