import { join } from 'node:path'
import { isFloat } from '../core/dtype.ts'
import { EvenstepError } from '../core/errors.ts'
import { present } from '../core/options.ts'
import { input } from '../core/tensor.ts'
import { type FieldSpec, type Names, namesOf } from '../data/dataset.ts'
import { type Recipe, recipeOf } from '../data/recipe.ts'
import { writeWhole } from '../disk/whole-file.ts'
import { inferenceModel, type TracedBatch } from '../runtime/inference.ts'
import { type Meaning, measure } from './evaluator.ts'
import type { Experiment } from './experiment.ts'
import { tracer, unscheduled } from './export.ts'
import { castFloat, computeDType } from './graphs.ts'
import { adoptRunThreads, keepRunThreads } from './run-threads.ts'
import { safetensorsChunks, safetensorsPlaces } from './safetensors.ts'
import { type Spread, spreadOf } from './spread.ts'
import type { Task } from './task.ts'

// A run's folder holds graphs from which the model is exported and evaluated without the experiment's file:
// `inference.onnx` computes y from x, and `loss.onnx` loss and accuracy from y and the targets. Their weights are those
// in model.safetensors, which they refer to, so that nothing is stored twice; `inference.json` says what they take and
// return. A model that is not the same graph for every number of examples has none; then `refused` says why.

/** Version of the format of the graph files. */
export const graphFormat = 1

/** Returns the paths of a run's graph files, which allow evaluation and export without the experiment's code. */
export const graphFiles = (folder: string): Readonly<Record<'about' | 'model' | 'loss', string>> => ({
  about: join(folder, 'inference.json'),
  model: join(folder, 'inference.onnx'),
  loss: join(folder, 'loss.onnx'),
})

/** What an evaluation computes for a batch of examples; see `Meaning`. */
export interface AboutLoss extends Omit<Meaning, 'kinds' | 'labels' | 'ignoreIndex'> {
  /** What each term of the loss is divided by; `weight` stands for a weight that the graph computes. */
  readonly kinds?: readonly (1 | 'examples' | 'weight')[]
  readonly labels?: number | 'counted'
  readonly ignoreIndex?: number
}

/** Contents of `inference.json`, which describes a run's graph files. */
export interface About extends Names {
  readonly format: number
  /** Reason why the run has no graph files; absent if it has. */
  readonly refused?: string
  /** Reason why the run has no graph of the loss; absent if it has one. */
  readonly lossRefused?: string
  /** Shape and element type of one example; `spread` has the mean and standard deviation of the training inputs. */
  readonly x: FieldSpec & { readonly spread?: Spread }
  /** Shape and element type of the model's output for `batchSize` examples. */
  readonly y?: FieldSpec
  readonly target: FieldSpec
  /** How the training data were made from a file, if known. */
  readonly recipe?: Recipe
  /** Whether evaluation uses other weights than the trained ones, such as averages. */
  readonly averaged: boolean
  /** Batch size to which the shapes in `y` and `loss` refer. */
  readonly batchSize: number
  readonly dtype: string
  readonly loss?: AboutLoss
  /** Specs of the metrics as JSON, by metric name. */
  readonly metrics: Readonly<Record<string, unknown>>
}

/** Returns the evaluation weights as the chunks of a safetensors file. */
export const evaluationChunks = (task: Task, { batchSize }: Experiment): Promise<Uint8Array[]> =>
  task.atEvaluation(async () => safetensorsChunks(task.variables), { batchSize })

/** Graphs of earlier runs in this process, by loss and key: most trials of a study have the same graphs. */
const known = new WeakMap<object, Map<string, Graphs>>()

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
    const files = graphFiles(folder)
    const { model, loss, about } = this.#made()
    if (model) writeWhole(files.model, model)
    if (loss) writeWhole(files.loss, loss)
    writeWhole(files.about, `${JSON.stringify(about, null, 2)}\n`)
    this.#isWritten = true
  }

  #made(): Graphs {
    const about = aboutOf(this.#experiment, this.#task.averages)
    const { loss } = this.#experiment
    const made = known.get(loss) ?? new Map<string, Graphs>()
    known.set(loss, made)
    const key = JSON.stringify([about, this.#identity])
    const graphs = made.get(key) ?? graphsOf(this.#experiment, this.#task, about)
    made.set(key, graphs)
    return graphs
  }
}

interface Graphs {
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
    x: { shape: data.train.x.shape, dtype: data.train.x.dtype, ...(spread && { spread }) },
    target: { shape: data.validation.y.shape, dtype: data.validation.y.dtype },
    ...namesOf(data.validation),
    ...(recipe && { recipe }),
    averaged,
    batchSize,
    dtype,
    metrics: Object.fromEntries(Object.entries(metrics).map(([name, { spec }]) => [name, spec])),
  }
}

function graphsOf(experiment: Experiment, task: Task, about: About): Graphs {
  const { batchSize } = about
  const places = safetensorsPlaces('model.safetensors', task.variables)
  const placeOf = places.get.bind(places)
  const computing = isFloat(about.x.dtype) ? computeDType(task.model) : about.x.dtype
  const traceOn = remembered(tracer(task.model, about.x, computing))
  const model = attempted(() => inferenceModel(traceOn, placeOf))
  if (typeof model === 'string') return { about: { ...about, refused: model } }
  const { shape: first, dtype: type } = traceOn(batchSize).outputs.get('y')!
  const named = { ...about, y: { shape: first, dtype: type } }
  const losses = lossTracer(experiment, task, traceOn)
  const loss = attempted(() => inferenceModel((n) => losses(n).batch, placeOf))
  if (typeof loss === 'string') return { model, about: { ...named, lossRefused: loss } }
  return { model, loss, about: { ...named, loss: aboutLoss(losses(batchSize).meaning) } }
}

/** Returns the result of `make` or, if it throws one of our errors, the error's message. */
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

/** Returns a function that traces the loss of n examples, from the model's output `y` and the targets `truth`. */
function lossTracer(
  { loss, metrics, data }: Experiment,
  { model }: Task,
  traceOn: (n: number) => TracedBatch,
) {
  const { y: field } = data.validation
  return (n: number): { readonly batch: TracedBatch; readonly meaning: Meaning } => {
    const { shape, dtype } = traceOn(n).outputs.get('y')!
    const y = input(shape, dtype)
    const truth = input([n, ...field.shape], field.dtype)
    const { reads, result } = unscheduled(() => {
      const target = castFloat(truth, computeDType(model))
      return measure({ loss, metrics }, data.validation, { x: y, output: y, y: target })
    })
    const { measured, meaning } = result
    const inputs = new Map([
      ['truth', truth],
      ['y', y],
    ])
    return { batch: { inputs, outputs: new Map(Object.entries(measured)), reads }, meaning }
  }
}

const aboutLoss = ({ kinds, labels, shapes, ignoreIndex }: Meaning): AboutLoss =>
  present({
    kinds: kinds?.map((kind) => (typeof kind === 'object' ? 'weight' : kind)),
    labels,
    shapes,
    ignoreIndex,
  })
