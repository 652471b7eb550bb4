import { type AbortSignalLike, abortSignal, untilAborted } from '../core/abort.ts'
import { checkFields, mismatch } from '../core/mismatch.ts'
import { boolean, choice, type OptionsOf, readOptions, required, text } from '../core/options.ts'
import { sizeOf } from '../core/shape.ts'
import { type FlatExample, flatExample, type NumberInput } from './arrays.ts'
import type { Batch } from './batch.ts'
import type { Dataset, FieldSpec, Names, Values } from './dataset.ts'
import { checkClassNames, dataset, nameOptions, namesOf, shapeOptions } from './dataset.ts'
import { weightIn } from './example-weights.ts'
import { maxFloat32 } from './float32.ts'
import { recipeOf, withRecipe } from './recipe.ts'
import { Rows } from './stream-rows.ts'

/** A source of examples that are read in sequence, from a file or elsewhere, a few in memory at a time. */
export interface Stream extends Names {
  readonly x: FieldSpec
  readonly y: FieldSpec
  /** Element type of the examples' weights; absent if every example counts the same. */
  readonly weights?: FieldSpec
  /** Text that identifies the examples without reading them. A run is resumed only if the text is unchanged. */
  readonly fingerprint?: string
  /** Yields the examples of an epoch in batches of any size. The stream must not overwrite yielded arrays. */
  read(epoch: number): AsyncIterable<Batch> | Iterable<Batch>
}

/** A data set in memory, or a stream. */
export type Source = Dataset | Stream

/** Training data, held-out validation data and perhaps test data, each a data set in memory or a stream. */
export interface Sources {
  readonly train: Source
  readonly validation: Source
  /** Data on which nothing is chosen. They are read only to measure the final model, if that is asked for. */
  readonly test?: Source
}

export const isStream = (source: Source): source is Stream => 'read' in source

/** One example: its input, and its label or target, in flat arrays or nested lists. */
export interface StreamExample {
  readonly x: ArrayLike<number> | NumberInput
  readonly y: number | ArrayLike<number> | NumberInput
  /** Weight of the example, a number ≥ 0, if the stream is `weighted`. */
  readonly weight?: number
}

const options = {
  ...shapeOptions,
  /** Shape of one example's `x`. */
  shape: required(shapeOptions.shape),
  /** Element type of `x`, and of `y` if it holds targets. @default 'float32' */
  dtype: choice(['float32', 'float64', 'int32'], 'float32'),
  /** Whether each example has a `weight` in loss, accuracy and metrics. @default false */
  weighted: boolean(false),
  /** Any text that identifies these examples. A run is resumed only if this text is unchanged. */
  fingerprint: text(),
  ...nameOptions,
}

export interface StreamOptions extends OptionsOf<typeof options> {}

/**
 * Makes a stream from a function that yields examples, synchronously or not, and is called for each epoch.
 *
 * `y` holds labels if `classes` or `classNames` is given, otherwise targets.
 *
 * @throws {ArgumentError} during reading, when an example does not fit `shape`, holds anything but finite
 *   numbers, or fractions for a `dtype` of int32, when a label is outside 0 … classes − 1, or when an example of a
 *   `weighted` stream has no weight ≥ 0.
 * @example data.stream(function* (epoch) { yield { x: [0.1, epoch], y: 1 } }, { shape: [2], classes: 2 })
 */
export function stream(
  examples: (epoch: number) => AsyncIterable<StreamExample> | Iterable<StreamExample>,
  given: StreamOptions,
): Stream {
  const { shape, targetShape, dtype, weighted, fingerprint, ...names } = readOptions('stream', options, given)
  const classes = names.classes ?? names.classNames?.length
  checkClassNames('stream', names)
  if (typeof examples !== 'function') {
    throw mismatch('stream', 'a function that yields the examples of an epoch', examples)
  }
  const x: FieldSpec = { shape, dtype }
  const y: FieldSpec = { shape: targetShape, dtype: classes === undefined ? dtype : 'int32' }
  const spec = {
    ...namesOf({ ...names, classes }),
    ...(fingerprint !== undefined && { fingerprint }),
    x,
    y,
    ...(weighted && { weights: { shape: [], dtype: 'float32' } as const }),
  }
  const read = async function* (epoch: number): AsyncGenerator<Batch> {
    let rows = new Rows(spec, chunk)
    let count = 0
    for await (const given of examples(epoch)) {
      const example = flatExample(given, { x: x.dtype, y: y.dtype }, count)
      checkExample(example, spec, count)
      checkSize('x', x, example.x, count)
      checkSize('y', y, example.y, count)
      count++
      rows.add(weighted ? { ...example, weight: weightIn(given, count - 1) } : example)
      if (rows.length === chunk) {
        yield rows.batch
        rows = new Rows(spec, chunk)
      }
    }
    if (rows.length > 0) yield rows.batch
  }
  return { ...spec, read }
}

/** Maximum number of examples in a batch that a stream made by `stream` yields. */
const chunk = 256

function checkExample(
  { x, y }: FlatExample,
  { x: xSpec, y: ySpec, classes, ignoreIndex }: Omit<Stream, 'read'>,
  index: number,
): void {
  const wrong = (wanted: string, got: unknown): Error =>
    mismatch('stream', wanted, got, `look at example ${index}`)
  const [xSize, ySize] = [sizeOf(xSpec.shape), sizeOf(ySpec.shape)]
  if (x.length !== xSize) throw wrong(`${xSize} numbers of x`, x.length)
  const targets = typeof y === 'number' ? 1 : y.length
  if (targets !== ySize) throw wrong(`${ySize} numbers of y`, targets)
  if (classes === undefined) return
  const isClass = (label: number): boolean => Number.isInteger(label) && label >= 0 && label < classes
  const bad = (typeof y === 'number' ? [y] : Array.from(y)).find(
    (label) => label !== ignoreIndex && !isClass(label),
  )
  if (bad !== undefined) throw wrong(`labels from 0 to ${classes - 1}`, bad)
}

/** @throws {ArgumentError} when float32 cannot hold a number of an example. */
function checkSize(
  name: 'x' | 'y',
  { dtype }: FieldSpec,
  given: number | ArrayLike<number>,
  index: number,
): void {
  if (dtype !== 'float32') return
  const values = typeof given === 'number' ? [given] : given
  for (let i = 0; i < values.length; i++) {
    if (!(Math.abs(values[i]!) > maxFloat32)) continue
    const wanted = `${name} of numbers that float32 can hold`
    throw mismatch(`stream: example ${index}`, wanted, values[i], "give dtype: 'float64'")
  }
}

/** Options of functions that read a whole stream or file. */
export const readingOptions = {
  /** Abort signal that stops the reading. */
  signal: abortSignal(),
}

export interface CollectOptions extends OptionsOf<typeof readingOptions> {}

/**
 * Reads all examples of a stream into memory, in the stream's order.
 *
 * @throws {ArgumentError} when the stream is empty.
 * @throws the reason of `signal`, once it is aborted.
 */
export async function collect(stream: Stream, given: CollectOptions = {}): Promise<Dataset> {
  const { signal } = readOptions('collect', readingOptions, given)
  checkStream('collect', stream)
  const whole = joined(await gathered(stream.read(0), signal), stream, namesOf(stream))
  return withRecipe(whole, recipeOf(stream))
}

/** @throws {ArgumentError} unless a value is a stream. */
export const checkStream = (who: string, value: unknown): void =>
  checkFields(who, 'a stream, such as data.csvStream returns', value, 'x', 'y', 'read')

/** Reads all batches into a list, until `signal` is aborted. */
export async function gathered(
  batches: AsyncIterable<Batch> | Iterable<Batch>,
  signal: AbortSignalLike | undefined,
): Promise<Batch[]> {
  const parts: Batch[] = []
  for await (const part of untilAborted(signal, batches)) parts.push(part)
  return parts
}

/** Joins batches to one data set, whose examples have the given shapes and names. */
export function joined(
  parts: readonly Batch[],
  spec: Pick<Stream, 'x' | 'y' | 'weights'>,
  names: Names,
): Dataset {
  const length = parts.reduce((n, part) => n + part.length, 0)
  if (length === 0) throw mismatch('collect', 'at least one example', 0)
  const rows = new Rows(spec, length)
  for (const part of parts) rows.copy(part, 0, part.length)
  return datasetOf(rows.batch, spec.x, spec.y, names)
}

/** Returns the data set of all examples of a batch, whose arrays are not copied. */
export function datasetOf(batch: Batch, x: FieldSpec, y: FieldSpec, names: Names): Dataset {
  if (x.tensors || y.tensors)
    return { length: batch.length, x: { ...x, data: batch.x }, y: { ...y, data: batch.y }, ...namesOf(names) }
  const columns = { x: batch.x as Values, y: batch.y as Values, shape: x.shape, targetShape: y.shape }
  return dataset({ ...columns, ...(batch.weights && { weights: batch.weights as Values }), ...names })
}
