import { isFloat } from '../core/dtype.ts'
import { EvenstepError } from '../core/errors.ts'
import { present } from '../core/options.ts'
import { input } from '../core/tensor.ts'
import { type FieldSpec, type Names, namesOf } from '../data/dataset.ts'
import { type Recipe, recipeOf } from '../data/recipe.ts'
import type { Module } from '../nn/module.ts'
import { inferenceModel, type TracedBatch } from '../runtime/inference.ts'
import type { Answer } from './answer.ts'
import { type Meaning, type Measurement, measure } from './evaluator.ts'
import type { Experiment } from './experiment.ts'
import { tracer, unscheduled } from './export.ts'
import { type GraphSums, graphFormat, writeGraphFiles } from './graph-files.ts'
import { castFloat, computeDType } from './graphs.ts'
import type { RangedInputs } from './input-range.ts'
import { answersOf, type NamedAnswered, outputSpec, rangesOf, specsOf } from './output-meaning.ts'
import { adoptRunThreads, keepRunThreads } from './run-threads.ts'
import { safetensorsChunks, safetensorsPlaces } from './safetensors.ts'
import { type Spread, spreadOf } from './spread.ts'
import type { Task } from './task.ts'
import { inputLike, rowsInput } from './tensor-record.ts'

// A run's folder holds graphs from which the model is exported and evaluated without the experiment's file:
// `inference.onnx` computes y from x, and `loss.onnx` loss and accuracy from y and the targets. Their weights are those
// in model.safetensors, which they refer to, so that nothing is stored twice; `inference.json` says what they take and
// return. A model that is not the same graph for every number of examples has none; then `refused` says why.

/** What an evaluation computes for a batch of examples; see `Meaning`. */
export interface AboutLoss extends Omit<Meaning, 'kinds' | 'labels' | 'ignoreIndex'> {
  /** What each term of the loss is divided by; `weight` stands for a weight that the graph computes. */
  readonly kinds?: readonly (1 | 'examples' | 'weight')[]
  readonly labels?: number | 'counted'
  readonly ignoreIndex?: number
  /** The same for each output of a model with several outputs. */
  readonly outputs?: Readonly<Record<string, AboutLoss>>
}

/** Contents of `inference.json`, which describes a run's graph files. */
export interface About extends Names {
  readonly format: number
  /** Reason why the run has no graph files; absent if it has. */
  readonly refused?: string
  /** Reason why the run has no graph of the loss; absent if it has one. */
  readonly lossRefused?: string
  /**
   * Shape and element type of one example; `spread` has the mean and standard deviation of the training inputs, and
   * `range` the least and greatest number that the model takes.
   */
  readonly x: RangedInputs & { readonly spread?: Spread }
  /** Shape and element type of the model's output for `batchSize` examples. */
  readonly y?: FieldSpec
  readonly target: FieldSpec
  /** Element type of the weights of examples; absent if the loss takes none. */
  readonly weights?: FieldSpec
  /** How the training data were made from a file, if known. */
  readonly recipe?: Recipe
  /** Whether evaluation uses other weights than the trained ones, such as averages. */
  readonly averaged: boolean
  /** Batch size to which the shapes in `y` and `loss` refer. */
  readonly batchSize: number
  readonly dtype: string
  readonly loss?: AboutLoss
  /** What the model's output means. */
  readonly answer?: Answer
  /** What each output means, of a model with several outputs. */
  readonly answers?: Readonly<Record<string, Answer>>
  /** Reason why the meaning of the output is unknown; absent if it is known. */
  readonly answerRefused?: string
  /** Specs of the metrics as JSON, by metric name. */
  readonly metrics: Readonly<Record<string, unknown>>
  /** Checksums of the graph files; absent in runs of older versions of Evenstep. */
  readonly sums?: GraphSums
}

/** Returns the weights for evaluation, such as averages, as the chunks of a safetensors file. */
export const evaluationChunks = (task: Task, { batchSize }: Experiment): Promise<Uint8Array[]> =>
  task.atEvaluation(async () => safetensorsChunks(task.variables), { batchSize })

/** Graphs of earlier runs in this process, by loss and key: most trials of a study have the same graphs. */
const known = new WeakMap<object, Map<string, RunModels>>()

/** Makes the graph files of a run and writes them once; keeps the numbers of threads of its training graphs. */
export class RunGraphs {
  readonly #experiment: Experiment
  readonly #task: Task
  readonly #identity: unknown
  #isWritten = false

  /** @param description the run's description, whose numbers of threads the run uses again */
  constructor(experiment: Experiment, task: Task, description: Readonly<Record<string, unknown>>) {
    this.#experiment = experiment
    this.#task = task
    // These differ between models with different computations or names of weights.
    this.#identity = [description.model, description.evaluation]
    adoptRunThreads(description)
  }

  /**
   * Writes the graphs to the run's folder, or the reason why there are none, unless they are there already; adds the
   * numbers of threads that timing has chosen to `run.json`.
   */
  write(folder: string): void {
    keepRunThreads(folder, this.#task)
    if (this.#isWritten) return
    writeGraphFiles(folder, this.#made())
    this.#isWritten = true
  }

  #made(): RunModels {
    const about = aboutOf(this.#experiment, this.#task.averages)
    const { loss } = this.#experiment
    const made = known.get(loss) ?? new Map<string, RunModels>()
    known.set(loss, made)
    const key = JSON.stringify([about, this.#identity])
    const graphs = made.get(key) ?? graphsOf(this.#experiment, this.#task, about)
    made.set(key, graphs)
    return graphs
  }
}

/** Computation graphs of a run as the bytes of ONNX files, and their description. */
export interface RunModels {
  readonly model?: Uint8Array
  readonly loss?: Uint8Array
  readonly about: About
}

/** Returns the contents of `inference.json` that are known before the graphs are made. */
export function aboutOf({ data, batchSize, metrics, dtype }: Experiment, averaged: boolean = false): About {
  const spread = spreadOf(data.train)
  const recipe = recipeOf(data.train)
  return {
    format: graphFormat,
    x: { ...specOf(data.train.x), ...(spread && { spread }) },
    target: specOf(data.validation.y),
    ...(data.validation.weights && { weights: { shape: [], dtype: data.validation.weights.dtype } }),
    ...namesOf(data.validation),
    ...(recipe && { recipe }),
    averaged,
    batchSize,
    dtype,
    metrics: Object.fromEntries(Object.entries(metrics).map(([name, { spec }]) => [name, spec])),
  }
}

const specOf = ({ shape, dtype, tensors }: FieldSpec): FieldSpec => ({
  shape,
  dtype,
  ...(tensors && { tensors }),
})

type Model = Pick<Task, 'model' | 'variables'>

/** Returns the graphs of a run, whose weights are those in `model.safetensors`. */
export function graphsOf(experiment: Experiment, task: Model, about: About): RunModels {
  const { traceOn, losses } = tracers(experiment, task, about)
  const places = safetensorsPlaces('model.safetensors', task.variables)
  const placeOf = places.get.bind(places)
  const model = attempted(() => inferenceModel(traceOn, { placeOf, folds: false }))
  if (typeof model === 'string') return { about: { ...about, refused: model } }
  const named = withOutput(experiment, task, about)
  const loss = attempted(() => inferenceModel((n) => losses(n).batch, { placeOf, folds: false }))
  if (typeof loss === 'string') return { model, about: { ...named, lossRefused: loss } }
  return { model, loss, about: { ...named, loss: aboutLoss(losses(about.batchSize).meaning) } }
}

function tracers(experiment: Experiment, { model }: Model, { x }: About) {
  const computing = isFloat(x.dtype) ? computeDType(model) : x.dtype
  const traceOn = remembered(tracer(model, x, computing))
  return { traceOn, losses: remembered(lossTracer(experiment, model, traceOn)) }
}

/** Adds to `about` the shape of the model's output, and what the output means. */
export function withOutput(experiment: Experiment, task: Model, about: About): About {
  const { traceOn, losses } = tracers(experiment, task, about)
  const { inputs, outputs, ranges } = traceOn(about.batchSize)
  const answers = attempted(() => answersOf(losses(about.batchSize).answered, experiment.data.validation))
  return {
    ...about,
    x: { ...about.x, ...rangesOf(about.x, inputs, ranges) },
    y: outputSpec(outputs, about.batchSize),
    ...(typeof answers === 'string' ? { answerRefused: answers } : answers),
  }
}

/** Returns the result of `make` or, if it throws an EvenstepError, the error's message. */
function attempted<T>(make: () => T): T | string {
  try {
    return make()
  } catch (error) {
    if (error instanceof EvenstepError) return error.message
    throw error
  }
}

/** Memoizes `f`: the returned function calls `f` at most once for each n. */
function remembered<T>(f: (n: number) => T): (n: number) => T {
  const known = new Map<number, T>()
  return (n) => {
    if (!known.has(n)) known.set(n, f(n))
    return known.get(n)!
  }
}

interface Measuring {
  readonly batch: TracedBatch
  readonly meaning: Measurement['meaning']
  readonly answered: NamedAnswered
}

/**
 * Returns a function that traces the loss of n examples, from the model's output `y`, the targets `truth` and, if the
 * examples have weights, these.
 */
function lossTracer({ loss, metrics, data }: Experiment, model: Module, traceOn: (n: number) => TracedBatch) {
  const { y: field, weights: weighing } = data.validation
  return (n: number): Measuring => {
    const { outputs } = traceOn(n)
    const y = field.tensors ? rowsInput(n, specsOf(outputs)) : inputLike(outputs.get('y')!, n)
    const truth = input([n, ...field.shape], field.dtype)
    const weights = weighing && input([n], weighing.dtype)
    const { reads, result } = unscheduled(() => {
      const target = castFloat(truth, computeDType(model))
      return measure({ loss, metrics }, data.validation, { x: y, output: y, y: target, weights })
    })
    const { measured, meaning } = result
    const { shapes, outputs: meanings } = meaning
    const answered = { loss: measured.loss!, output: y, shapes, ...(meanings && { outputs: meanings }) }
    const inputs = new Map(Object.entries({ truth, y, ...(weights && { weights }) }))
    return { batch: { inputs, outputs: new Map(Object.entries(measured)), reads }, meaning, answered }
  }
}

const aboutLoss = ({ kinds, labels, shapes, ignoreIndex, outputs }: Measurement['meaning']): AboutLoss =>
  present({
    outputs:
      outputs &&
      Object.fromEntries(Object.entries(outputs).map(([name, meaning]) => [name, aboutLoss(meaning)])),
    kinds: kinds?.map((kind) => (typeof kind === 'object' ? 'weight' : kind)),
    labels,
    shapes,
    ignoreIndex,
  })
