import type { Data } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { checkFields } from '../core/mismatch.ts'
import { type Random, random } from '../core/random.ts'
import { type Shape, sizeOf } from '../core/shape.ts'
import { type Batch, copyOf } from './batch.ts'
import type { Dataset, FieldSpec } from './dataset.ts'
import { inputPlace } from './record.ts'
import { isStream, type Source } from './stream.ts'
import { checkTensorName } from './tensors.ts'

/** One example, whose arrays a transform may overwrite. */
export interface Example {
  readonly x: Float32Array | Float64Array
  readonly y: Data
}

/** What a transform may use besides the example: the epoch, index, random numbers and other examples. */
export interface Occasion {
  readonly epoch: number
  /** Index of the example in its data set or stream. */
  readonly index: number
  /** Shape of the example's `x`. */
  readonly shape: Shape
  /** Random generator, seeded by the loader's seed, epoch, `index` and the transform's position in the list. */
  readonly random: Random
  /** Number of examples in the data set; 0 for a stream. */
  readonly length: number
  /** Returns the data set's example `index`, after the preceding transforms of the list. Do not write to it. */
  other(index: number): Example
}

/**
 * Changes one example in place, by its method `apply`. The result must depend only on the example, seed, epoch
 * and index, not on batch size, order or threads.
 *
 * @example
 * const noise = (deviation) => ({
 *   name: 'noise',
 *   options: { deviation },
 *   apply: ({ x }, { random }) => x.forEach((v, i) => { x[i] = v + random.normal(0, deviation) }),
 * })
 */
export interface Transform {
  readonly name: string
  /**
   * Options of the transform as plain JSON, such as `{ deviation: 0.1 }`. `run.json` keeps these options, and a
   * run is resumed only with equal options. @default none: `run.json` keeps the source text of `apply` instead
   */
  readonly options?: Readonly<Record<string, unknown>>
  /** @throws {ArgumentError} when this transform does not suit examples of these shapes and types. */
  check?(x: FieldSpec, y: FieldSpec): void
  /** Name of the input that the transform changes, of data with several inputs; see `onInput`. */
  readonly input?: string
  /** Whether the transform calls `other` for other examples, which is impossible with a stream. */
  readonly mixes?: boolean
  /** Changes the example in place. The result is ignored, but another example or a promise is an error. */
  apply(example: Example, occasion: Occasion): void
}

/**
 * Returns a transform that changes one input, of data with several, as `transform` changes the `x` of others.
 *
 * @example data.onInput('image', data.horizontalFlip()).input // 'image'
 */
export function onInput(input: string, transform: Transform): Transform {
  checkTensorName('onInput', input)
  checkFields('onInput', 'a transform, such as data.horizontalFlip()', transform, 'name', 'apply')
  const { name, options = { source: String(transform.apply) }, apply, ...rest } = transform
  return { ...rest, name, options: { ...options, input }, input, apply: (...given) => apply(...given) }
}

/** Returns a function that applies all transforms to a batch, given its examples' indices in the source. */
export function transforming(
  source: Source,
  transform: Transform | readonly Transform[],
  seed: number,
): (batch: Batch, indices: ArrayLike<number>, epoch: number) => Batch {
  const transforms = [transform].flat()
  if (transforms.length === 0) return (batch) => batch
  const { x, y } = source
  for (const one of transforms) checkSuits(one, source)
  const apply = (example: Example, epoch: number, index: number, places = transforms.length): Example => {
    for (let place = 0; place < places; place++) {
      const one = transforms[place]!
      const { shape, own } = seenBy(one, source)
      const seen = own(example)
      const returned: unknown = one.apply(seen, {
        epoch,
        index,
        shape,
        random: random(seed, 'transform', place, epoch, index),
        length: isStream(source) ? 0 : source.length,
        other: (j) => own(apply(lookUp(source as Dataset, j), epoch, j, place)),
      })
      if (typeof returned === 'object') checkInPlace(one, seen, returned)
    }
    return example
  }
  return (batch, indices, epoch) => {
    // A stream's arrays are read-only. Spreading a data set's batch gathers its rows, and drops their origin.
    const own = isStream(source) ? copyOf(batch) : { ...batch }
    for (let row = 0; row < own.length; row++) {
      apply({ x: rowOf(own.x, x, row) as Float32Array, y: rowOf(own.y, y, row) }, epoch, indices[row]!)
    }
    return own
  }
}

/** Returns the shape of what a transform sees as `x`, and a function that makes it see that of an example. */
function seenBy({ name, input }: Transform, { x }: Source) {
  const place = inputPlace(name, x, input)
  if (place === undefined) return { shape: x.shape, own: (example: Example): Example => example }
  const { spec, from, size } = place
  const own = (example: Example): Example => ({ x: example.x.subarray(from, from + size), y: example.y })
  return { shape: spec.shape, own }
}

function checkSuits({ name, check, mixes, input }: Transform, source: Source): void {
  if (mixes && isStream(source))
    throw new ArgumentError(`${name}: wanted a data set in memory, got a stream; collect it first`)
  const { y } = source
  if (source.x.tensors && input === undefined) {
    const fix = `give data.onInput('${Object.keys(source.x.tensors)[0]}', …), or the name of another`
    throw new ArgumentError(`${name}: wanted a transform of one input, got data with several; ${fix}`)
  }
  if (y.tensors && mixes) {
    const fix = 'train without it'
    throw new ArgumentError(`${name}: wanted data with one target, got several by name; ${fix}`)
  }
  const x = inputPlace(name, source.x, input)?.spec ?? source.x
  if (!x.dtype.startsWith('float'))
    throw new ArgumentError(`${name}: wanted ${input ?? 'x'} of floats, got ${x.dtype}`)
  check?.(x, y)
}

/** @throws {ArgumentError} when what `apply` returned is neither the example nor one of its arrays. */
function checkInPlace({ name }: Transform, example: Example, returned: object | null): void {
  if (returned === null || [example, example.x, example.y].some((own) => own === returned)) return
  const got = returned instanceof Promise ? 'a promise' : 'another example'
  throw new ArgumentError(
    `${name}: wanted a transform that changes its example in place, got ${got}; write to the arrays x and y, as in x[0] = 1`,
  )
}

const rowOf = (data: Data, { shape }: FieldSpec, row: number): Data =>
  data.subarray(row * sizeOf(shape), (row + 1) * sizeOf(shape))

/** Returns a copy of the example at `index` of a data set. */
const lookUp = ({ x, y }: Dataset, index: number): Example => ({
  x: rowOf(x.data, x, index).slice() as Float32Array,
  y: rowOf(y.data, y, index).slice(),
})
