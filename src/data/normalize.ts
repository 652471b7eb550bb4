import { untilAborted } from '../core/abort.ts'
import { allocate, type Data, toData } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { checkFields, mismatch, showValue } from '../core/mismatch.ts'
import { choice, type OptionsOf, present, readOptions, text, type ValuesOf } from '../core/options.ts'
import { showShape, sizeOf } from '../core/shape.ts'
import { checkDataset, type Dataset, type FieldSpec, type Split } from './dataset.ts'
import { valueFingerprint } from './fingerprint.ts'
import { normalizedRecipe, recipeOf, withRecipe } from './recipe.ts'
import { fromRows, inputPlace, intoRows, rowSpec } from './record.ts'
import type { TestedSplit } from './split.ts'
import { type CollectOptions, checkStream, isStream, readingOptions, type Stream } from './stream.ts'

const options = {
  /** Which values share a mean and deviation: all of `x`, each channel (axis 0) or each position. @default 'all' */
  per: choice(['all', 'channel', 'feature'], 'all'),
  /** Name of the input to normalize, of data with several inputs. */
  input: text(),
}

export interface NormalizeOptions extends OptionsOf<typeof options> {}

/** Means and standard deviations of `x`: a single pair, or one pair per channel or per feature, in order. */
export interface Moments {
  readonly mean: Float64Array
  /** Biased standard deviations (dividing by n, not n − 1); 1 instead of 0 where all values are equal. */
  readonly deviation: Float64Array
  /** Name of the input that they are of; absent for data with one input. */
  readonly input?: string
}

/**
 * Normalizes `x` of each part of a split by the training part's mean and standard deviation, so that no information
 * leaks from the others. Constant features are only shifted. Integers become float32. Of several inputs, `input` says
 * which one is normalized.
 *
 *     x ← (x − mean) / deviation
 */
export function normalize(split: TestedSplit, given?: NormalizeOptions): TestedSplit
export function normalize(split: Split, given?: NormalizeOptions): Split
export function normalize(split: Split, given: NormalizeOptions = {}): Split {
  const { train, validation, test } = Object(split) as Split
  if (train === undefined || validation === undefined) {
    const fix = 'for one data set, use data.standardize(dataset, data.moments(dataset))'
    const got = Object(split) === split ? 'one without' : showValue(split)
    throw new ArgumentError(`normalize: wanted a split with train and validation, got ${got}; ${fix}`)
  }
  const found = moments(train, present(readOptions('normalize', options, given)))
  const parts = { train: standardize(train, found), validation: standardize(validation, found) }
  return test === undefined ? parts : { ...parts, test: standardize(test, found) }
}

/** Computes the means and standard deviations of `x` over all examples of a data set. */
export function moments(dataset: Dataset, given: NormalizeOptions = {}): Moments {
  checkDataset('moments', dataset)
  const read = readOptions('moments', options, given)
  const { spec, valuesIn } = measured('moments', dataset.x, read.input)
  const sums = new Sums(spec, read)
  sums.add(valuesIn(dataset.x.data))
  return momentsOf(sums, read.input)
}

/**
 * Computes the means and standard deviations of `x` over all examples of a stream, in one pass.
 *
 * @throws the reason of `signal`, once it is aborted.
 */
export async function streamMoments(
  stream: Stream,
  given: NormalizeOptions & CollectOptions = {},
): Promise<Moments> {
  checkStream('streamMoments', stream)
  const { signal, ...read } = readOptions('streamMoments', { ...options, ...readingOptions }, given)
  const { spec, valuesIn } = measured('streamMoments', stream.x, read.input)
  const sums = new Sums(spec, read)
  for await (const { x } of untilAborted(signal, stream.read(0))) sums.add(valuesIn(x))
  if (sums.count === 0) throw mismatch('streamMoments', 'at least one example', 0)
  return momentsOf(sums, read.input)
}

const momentsOf = ({ moments }: Sums, input: string | undefined): Moments =>
  input === undefined ? moments : { ...moments, input }

/** Returns the shape and type of `x` or of the input that is named, and a function that takes its values out of `x`. */
function measured(who: string, x: FieldSpec, input: string | undefined) {
  const place = inputPlace(who, x, input)
  const valuesIn = (data: Data): Data => (place ? fromRows(data, sizeOf(x.shape), place) : data)
  return { place, spec: place?.spec ?? x, valuesIn }
}

/**
 * Returns the source with `x` normalized by given moments: `x ← (x − mean) / deviation`. Integers become
 * float32.
 *
 * @throws {ArgumentError} when the number of means does not divide the size of an example.
 */
export function standardize(dataset: Dataset, moments: Moments): Dataset
export function standardize(stream: Stream, moments: Moments): Stream
export function standardize(source: Dataset | Stream, moments: Moments): Dataset | Stream {
  checkFields('standardize', 'a data set or a stream', source, 'x', 'y')
  checkFields('standardize', 'moments, as data.moments returns them', moments, 'mean', 'deviation')
  checkNoCodes(source)
  const { spec, apply } = applying(source.x, moments)
  const recipe = normalizedRecipe(recipeOf(source), moments)
  if (!isStream(source)) {
    const made = { ...source, x: { ...spec, data: apply(source.x.data) } }
    return withRecipe(made, recipe)
  }
  const stream: Stream = {
    ...source,
    x: spec,
    ...(source.fingerprint !== undefined && { fingerprint: valueFingerprint([source.fingerprint, moments]) }),
    read: async function* (epoch) {
      for await (const batch of source.read(epoch)) yield { ...batch, x: apply(batch.x) }
    },
  }
  return withRecipe(stream, recipe)
}

/** Returns the shape and type of `x` once it is normalized, and a function that normalizes its values. */
function applying(x: FieldSpec, moments: Moments): { spec: FieldSpec; apply: (data: Data) => Data } {
  const { mean, deviation, input } = moments
  const { place, spec, valuesIn } = measured('standardize', x, input)
  const { shape, dtype } = spec
  const run = sizeOf(shape) / mean.length
  if (!Number.isInteger(run) || deviation.length !== mean.length) {
    const wanted = `a mean and a deviation for equal parts of ${input ?? 'x'} ${showShape(shape)}`
    throw mismatch('standardize', wanted, mean.length)
  }
  const float = dtype === 'float64' ? dtype : 'float32'
  const changed = (data: Data): Data => standardized(data, allocate(float, data.length), run, moments)
  if (place === undefined) return { spec: { shape, dtype: float }, apply: changed }
  const whole = rowSpec({ ...x.tensors, [place.name]: { ...place.spec, dtype: float } })
  const apply = (data: Data): Data => {
    const rows = toData(whole.dtype, data)
    intoRows(rows, sizeOf(x.shape), place, changed(valuesIn(data)))
    return rows
  }
  return { spec: whole, apply }
}

/** @throws {ArgumentError} when some features are codes of categories, which no longer are once normalized. */
function checkNoCodes({ categories = [], featureNames }: Dataset | Stream): void {
  const at = categories.findIndex((n) => n > 0)
  if (at < 0) return
  const got = `codes of categories in ${featureNames?.[at] ?? `feature ${at}`}`
  const fix = 'the numbers of a table are standardized already'
  throw new ArgumentError(`standardize: wanted x of numbers, got ${got}; ${fix}`)
}

/** Writes normalized `data` to `out`. Every `run` consecutive values share a mean; `run` 1 has its own loop. */
function standardized(data: Data, out: Data, run: number, { mean, deviation }: Moments): Data {
  const groups = mean.length
  if (run === 1) {
    for (let i = 0; i < data.length; i += groups) {
      for (let g = 0; g < groups; g++) out[i + g] = (Number(data[i + g]) - mean[g]!) / deviation[g]!
    }
    return out
  }
  for (let from = 0, group = 0; from < data.length; from += run, group = (group + 1) % groups) {
    const m = mean[group]!
    const d = deviation[group]!
    for (let i = from; i < from + run; i++) out[i] = (Number(data[i]) - m) / d
  }
  return out
}

/**
 * Sums for the mean and variance of each group of values (all of `x`, a channel or a feature). To avoid
 * cancellation, the mean of the first example, `shift`, is subtracted from each value x; n counts the values:
 *
 *     mean = shift + Σd / n   variance = Σd² / n − (Σd / n)²   d = x − shift
 */
class Sums {
  /** Number of values added so far to each group (all of `x`, a channel or a feature). */
  count = 0
  readonly #run: number
  readonly #sum: Float64Array
  readonly #squares: Float64Array
  readonly #shift: Float64Array

  constructor({ shape }: FieldSpec, { per }: ValuesOf<typeof options>) {
    const size = sizeOf(shape)
    const groups = per === 'all' ? 1 : per === 'feature' ? size : (shape[0] ?? 1)
    this.#run = size / groups
    this.#sum = new Float64Array(groups)
    this.#squares = new Float64Array(groups)
    this.#shift = new Float64Array(groups)
  }

  add(data: Data): void {
    if (this.count === 0) this.#begin(data)
    if (this.#run === 1) addEach(data, this.#shift, this.#sum, this.#squares)
    else this.#addRuns(data, this.#run)
    this.count += data.length / this.#sum.length
  }

  #addRuns(data: Data, run: number): void {
    const groups = this.#sum.length
    for (let from = 0, group = 0; from < data.length; from += run, group = (group + 1) % groups) {
      const shift = this.#shift[group]!
      let sum = 0
      let squares = 0
      for (let i = from; i < from + run; i++) {
        const d = Number(data[i]) - shift
        sum += d
        squares += d * d
      }
      this.#sum[group]! += sum
      this.#squares[group]! += squares
    }
  }

  #begin(data: Data): void {
    const size = Math.min(this.#run * this.#shift.length, data.length)
    for (let i = 0; i < size; i++) this.#shift[Math.floor(i / this.#run)]! += Number(data[i]) / this.#run
  }

  get moments(): Moments {
    const n = this.count
    const offset = this.#sum.map((sum) => sum / n)
    return {
      mean: offset.map((d, group) => this.#shift[group]! + d),
      deviation: offset.map((d, group) => Math.sqrt(Math.max(0, this.#squares[group]! / n - d * d)) || 1),
    }
  }
}

/** Adds examples to the sums if each feature is its own group: faster than `#addRuns` with runs of length 1. */
function addEach(data: Data, shift: Float64Array, sum: Float64Array, squares: Float64Array): void {
  const groups = shift.length
  for (let i = 0; i < data.length; i += groups) {
    for (let g = 0; g < groups; g++) {
      const d = Number(data[i + g]) - shift[g]!
      sum[g]! += d
      squares[g]! += d * d
    }
  }
}
