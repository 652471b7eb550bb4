import { basename, join } from '#files'
import { checkedJson } from '../core/checksum.ts'
import { dtypes, isDType } from '../core/dtype.ts'
import { ArgumentError, DamagedError, FormatError } from '../core/errors.ts'
import {
  boolean,
  choice,
  custom,
  integer,
  list,
  nested,
  number,
  present,
  readOptions,
  required,
  size,
  text,
} from '../core/options.ts'
import { shapeOption } from '../core/shape.ts'
import { nameOptions } from '../data/dataset.ts'
import type { Recipe } from '../data/recipe.ts'
import type { TensorSpec, TensorSpecs } from '../data/record.ts'
import type { Source } from '../data/stream.ts'
import { checkInside, readInside } from '../disk/inside.ts'
import { withMetadata } from '../runtime/metadata.ts'
import { type NamedTensors, openOnnx, withWeights } from '../runtime/stored-graph.ts'
import type { Answer } from './answer.ts'
import { readWeights } from './checkpoint.ts'
import { type EvaluateOptions, type Evaluation, evaluation } from './evaluation.ts'
import type { Evaluator } from './evaluator.ts'
import { type ExportOptions, readExportOptions } from './export.ts'
import { checkWeights, withFiniteLoss } from './finite.ts'
import { graphFiles, graphFormat, readGraph } from './graph-files.ts'
import type { InputRange } from './input-range.ts'
import { parseMetrics } from './metrics/parse.ts'
import { readFinished } from './model-file.ts'
import { metadataOf } from './onnx-metadata.ts'
import { shownField } from './parts.ts'
import { Predictor } from './predictor.ts'
import type { About, AboutLoss } from './run-graph.ts'
import type { RunPlace } from './run-place.ts'
import { storedEvaluator } from './stored-evaluator.ts'
import { otherBytes } from './tensor-file.ts'

const isObject = (value: unknown): boolean => Object(value) === value && !Array.isArray(value)
const shape = required(shapeOption)
const isKindOf = (test: (value: unknown) => boolean) => (value: unknown) =>
  isObject(value) && Object.values(value as object).every(test)
const isSpec = (value: unknown): boolean => {
  const { shape, dtype } = Object(value) as Partial<TensorSpec>
  return Array.isArray(shape) && shape.every((n) => Number.isInteger(n) && n >= 0) && isDType(dtype)
}
const tensors = custom<TensorSpecs>('an object of tensors by name', isKindOf(isSpec))
const field = { shape, dtype: required(choice(dtypes)), tensors }
const numbers = required(list(required(number())))
const spread = nested({ mean: numbers, deviation: numbers })
const isKind = (value: unknown): boolean => [1, 'examples', 'weight'].includes(value as string)

/** Fields of `inference.json`; see `About`. */
const fields = {
  format: required(integer({ min: 1 })),
  refused: text(),
  lossRefused: text(),
  x: required(
    nested({
      ...field,
      spread,
      range: nested({ min: required(number()), max: required(number()) }),
      ranges: custom<Readonly<Record<string, InputRange>>>(
        'an object of ranges by input',
        isKindOf((value) => Number.isFinite(Object(value).min) && Number.isFinite(Object(value).max)),
      ),
    }),
  ),
  y: nested(field),
  target: required(nested(field)),
  weights: nested(field),
  ...nameOptions,
  recipe: custom<Recipe>('a recipe', (value) => Array.isArray(Object(value).normalized)),
  averaged: required(boolean()),
  batchSize: required(size),
  dtype: required(choice(['float32', 'float64'])),
  loss: nested({
    kinds: custom<AboutLoss['kinds']>(
      'a list of weights',
      (value) => Array.isArray(value) && value.every(isKind),
    ),
    labels: custom<number | 'counted'>(
      "a number or 'counted'",
      (n) => n === 'counted' || Number.isInteger(n),
    ),
    shapes: required(nested({ output: shape, target: shape })),
    ignoreIndex: integer(),
    outputs: custom<NonNullable<AboutLoss['outputs']>>(
      'an object of losses by output',
      isKindOf((value) => isObject(Object(value).shapes)),
    ),
  }),
  answer: nested({
    kind: required(choice(['class', 'logit', 'labels', 'number'])),
    link: choice(['softmax', 'sigmoid']),
    classes: size,
    stride: size,
  }),
  answers: custom<Readonly<Record<string, Answer>>>(
    'an object of answers by output',
    isKindOf((value) => typeof Object(value).kind === 'string'),
  ),
  answerRefused: text(),
  metrics: required(custom<Readonly<Record<string, unknown>>>('an object', isObject)),
  sums: nested({ model: integer(), loss: integer() }),
}

/**
 * Reads `inference.json`, which describes a run's graphs; undefined without it. @throws {FormatError} when damaged.
 */
function readAbout(path: string): About | undefined {
  const file = graphFiles(path).about
  const bytes = readInside(file)
  if (bytes === undefined) return undefined
  const json = checkedJson(new TextDecoder().decode(bytes))
  if (!isObject(json)) throw otherBytes(file)
  const { format } = json as { readonly format?: unknown }
  if (typeof format === 'number' && format > graphFormat)
    throw new FormatError(`${file}: wanted format ${graphFormat}, got ${format}; use a newer Evenstep`)
  try {
    return present(readOptions(file, fields, json)) as About
  } catch (error) {
    throw new DamagedError(`${(error as Error).message}; the file is damaged`)
  }
}

/** A run's model, loaded from the graphs in the run's folder, without the experiment's code. */
export class StoredRun {
  readonly about: About
  readonly #place: RunPlace

  private constructor(place: RunPlace, about: About) {
    this.#place = place
    this.about = about
  }

  /** Returns the stored run; undefined if its folder has no graphs, as with older versions of Evenstep. */
  static at(place: RunPlace): StoredRun | undefined {
    const about = readAbout(place.path)
    return about && new StoredRun(place, about)
  }

  /** Reason why the model cannot be computed without the experiment; undefined if it can. */
  get refusal(): string | undefined {
    const { checkpoint } = this.#place
    const { refused, averaged } = this.about
    const isMissing =
      checkpoint !== undefined && averaged && !checkInside(join(checkpoint, 'evaluation.safetensors'))
    return refused ?? (isMissing ? 'a checkpoint without the averaged weights of evaluation' : undefined)
  }

  /** Reason why the model cannot be evaluated without the experiment; undefined if it can. */
  get lossRefusal(): string | undefined {
    return this.refusal ?? this.about.lossRefused
  }

  /** Returns the model with its weights as the bytes of an ONNX file, like `train.exportOnnx`. */
  exportOnnx(options: ExportOptions = {}): Uint8Array {
    const { keepNormalization } = readExportOptions(options)
    const model = this.#whole('model', this.#weights(), !keepNormalization)
    return withMetadata(model, metadataOf(this.about))
  }

  /** Names of the run's metrics that are user-defined: only the experiment's code can compute them. */
  get ownMetrics(): readonly string[] {
    return Object.entries(this.about.metrics).flatMap(([name, spec]) => (isKnown(spec) ? [] : [name]))
  }

  /**
   * Evaluates the model on all examples of `source`, in the same way as training does after each epoch.
   *
   * @throws {ArgumentError} when the loss has no graph, or the examples have another shape or element type.
   * @throws {NotFiniteError} when a weight, a statistic or the loss is NaN or infinite.
   * @throws the reason of `options.signal`, once it is aborted.
   */
  async evaluate(source: Source, options: Omit<EvaluateOptions, 'batchSize'> = {}): Promise<Evaluation> {
    const { x, y, target, weights: weighing, loss, lossRefused, batchSize, metrics, dtype } = this.about
    const { path } = this.#place
    if (!loss || !y)
      throw new ArgumentError(`${path}: wanted a loss to evaluate, got none: ${lossRefused}; ${named}`)
    checkField(path, 'x', x, source.x)
    checkField(path, 'y', target, source.y)
    if (source.weights && !weighing)
      throw new ArgumentError(
        `${path}: wanted data without weights, as those of the run, got data with weights`,
      )
    const exact = dtype === 'float64'
    const weights = this.#weights()
    const [model, measures] = await Promise.all([
      openOnnx(this.#whole('model', weights), { exact }),
      openOnnx(this.#whole('loss', weights), { exact }),
    ])
    const known = Object.entries(metrics).filter(([, spec]) => isKnown(spec))
    const of = { model, measures, x, y, batchSize, loss, source, weighing }
    const all = parseMetrics(Object.fromEntries(known))
    const rowsOf = async (rows: number): Promise<Evaluator> => storedEvaluator(of, rows)
    return withFiniteLoss(path, await evaluation(source, batchSize, all, rowsOf, options))
  }

  /** Compiles the model for predictions. @throws {ArgumentError} when it is not known what the output means. */
  predictor(): Promise<Predictor> {
    return Predictor.open(this.#whole('model', this.#weights()), this.about)
  }

  /** Returns the ONNX file of the model or the loss with its weights. @param folds see `withWeights` */
  #whole(name: 'model' | 'loss', weights: NamedTensors, folds?: boolean): Uint8Array {
    return withWeights(readGraph(this.#place.path, name, this.about.sums), weights, folds)
  }

  /** Returns the weights for evaluation. @throws {DamagedError} when their file is not as the run wrote it. */
  #weights(): NamedTensors {
    const { path, checkpoint } = this.#place
    const part = this.about.averaged && checkpoint !== undefined ? 'evaluation' : 'model'
    const file = `${part}.safetensors`
    const isFinished = checkpoint === undefined
    const tensors = isFinished ? readFinished(path) : readWeights(checkpoint, part)
    checkWeights(path, tensors)
    return { name: isFinished ? file : join(basename(checkpoint), file), tensors }
  }
}

/** Advice in errors about what only the experiment's code can compute. */
const named = "name the experiment's file with --experiment FILE"

/** Whether `spec` describes a metric of this package, as opposed to a user-defined one. */
function isKnown(spec: unknown): boolean {
  try {
    parseMetrics({ spec })
    return true
  } catch {
    return false
  }
}

type Field = About['x'] | About['target']

function checkField(path: string, what: string, wanted: Field, got: Field): void {
  if (shownField(wanted) === shownField(got)) return
  throw new ArgumentError(`${path}: wanted ${what} of ${shownField(wanted)}, got ${shownField(got)}`)
}
