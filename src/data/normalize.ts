import { allocate, type Data } from '../core/dtype.ts'
import { checkKnown, mismatch, unknownName } from '../core/mismatch.ts'
import { showShape, sizeOf } from '../core/shape.ts'
import type { Dataset, FieldSpec, Split } from './dataset.ts'
import { valueFingerprint } from './fingerprint.ts'
import { isStream, type Stream } from './stream.ts'

export interface NormalizeOptions {
  /**
   * One mean and deviation for `all` numbers of x, for each `channel`, the first axis of an example, or for each
   * `feature`. `all` unless given.
   */
  readonly per?: 'all' | 'channel' | 'feature'
}

/** Means and deviations of x: of all its numbers, or of equal parts of an example in their order. */
export interface Moments {
  readonly mean: Float64Array
  /** Biased; 1 where the numbers never vary. */
  readonly deviation: Float64Array
}

/**
 * Both parts of a split with `x` shifted and scaled to mean 0 and standard deviation 1, as the training part has
 * them: what is measured on learns nothing from itself.
 *
 *     x ← (x − mean) / deviation
 *
 * A feature that never varies is shifted only.
 *
 * @throws {ArgumentError} when `per` is none of the three, or an option is unknown; so do `moments` and `streamMoments`.
 */
export function normalize({ train, validation }: Split, options: NormalizeOptions = {}): Split {
  checkOptions('normalize', options)
  const found = moments(train, options)
  return { train: standardize(train, found), validation: standardize(validation, found) }
}

/** The mean and deviation of `x`. */
export function moments({ x }: Dataset, options: NormalizeOptions = {}): Moments {
  checkOptions('moments', options)
  const sums = new Sums(x, options)
  sums.add(x.data)
  return sums.moments
}

/** The mean and deviation of `x` over one pass of a stream. */
export async function streamMoments(stream: Stream, options: NormalizeOptions = {}): Promise<Moments> {
  checkOptions('streamMoments', options)
  const sums = new Sums(stream.x, options)
  for await (const { x } of stream.read(0)) sums.add(x)
  if (sums.count === 0) throw mismatch('streamMoments', 'at least one example', 0)
  return sums.moments
}

const units = ['all', 'channel', 'feature'] as const

function checkOptions(who: string, options: NormalizeOptions): void {
  checkKnown(who, options, { per: true })
  const { per = 'all' } = options
  if (!units.includes(per)) throw unknownName(who, units, String(per), 'per as ')
}

/**
 * Examples with `x ← (x − mean) / deviation`.
 *
 * @throws {ArgumentError} when an example cannot be cut into as many parts as there are means.
 */
export function standardize(dataset: Dataset, moments: Moments): Dataset
export function standardize(stream: Stream, moments: Moments): Stream
export function standardize(source: Dataset | Stream, moments: Moments): Dataset | Stream {
  const { mean, deviation } = moments
  const { shape, dtype } = source.x
  const run = sizeOf(shape) / mean.length
  if (!Number.isInteger(run) || deviation.length !== mean.length) {
    throw mismatch(
      'standardize',
      `a mean and a deviation for equal parts of x ${showShape(shape)}`,
      mean.length,
    )
  }
  const apply = (data: Data): Data => standardized(data, allocate(dtype, data.length), run, moments)
  if (!isStream(source)) return { ...source, x: { shape, dtype, data: apply(source.x.data) } }
  return {
    ...source,
    ...(source.fingerprint !== undefined && { fingerprint: valueFingerprint([source.fingerprint, moments]) }),
    read: async function* (epoch) {
      for await (const batch of source.read(epoch)) yield { ...batch, x: apply(batch.x) }
    },
  }
}

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
 * Sums of numbers and their squares about a shift: the mean of the first example, near enough to the whole mean
 * that their difference keeps its digits.
 *
 *     mean = shift + Σd / n   variance = Σd² / n − (Σd / n)²   d = x − shift
 */
class Sums {
  /** How many numbers were added to each group. */
  count = 0
  readonly #run: number
  readonly #sum: Float64Array
  readonly #squares: Float64Array
  readonly #shift: Float64Array

  constructor({ shape }: FieldSpec, { per = 'all' }: NormalizeOptions) {
    const size = sizeOf(shape)
    const groups = per === 'all' ? 1 : per === 'feature' ? size : (shape[0] ?? 1)
    this.#run = size / groups
    this.#sum = new Float64Array(groups)
    this.#squares = new Float64Array(groups)
    this.#shift = new Float64Array(groups)
  }

  add(data: Data): void {
    if (this.count === 0) this.#begin(data)
    const groups = this.#sum.length
    if (this.#run === 1) addEach(data, this.#shift, this.#sum, this.#squares)
    else this.#addRuns(data, this.#run, groups)
    this.count += data.length / groups
  }

  #addRuns(data: Data, run: number, groups: number): void {
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

/** Where each number of an example has sums of its own. */
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
