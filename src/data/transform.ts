import type { Data } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { type Random, random } from '../core/random.ts'
import { type Shape, sizeOf } from '../core/shape.ts'
import { type Batch, copyOf } from './batch.ts'
import type { Dataset, FieldSpec } from './dataset.ts'
import { isStream, type Source } from './stream.ts'

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
  /** Whether the transform calls `other` for other examples, which is impossible with a stream. */
  readonly mixes?: boolean
  /** Changes the example in place. The result is ignored, but another example or a promise is an error. */
  apply(example: Example, occasion: Occasion): void
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
      const returned: unknown = transforms[place]!.apply(example, {
        epoch,
        index,
        shape: x.shape,
        random: random(seed, 'transform', place, epoch, index),
        length: isStream(source) ? 0 : source.length,
        other: (j) => apply(lookUp(source as Dataset, j), epoch, j, place),
      })
      if (typeof returned === 'object') checkInPlace(transforms[place]!, example, returned)
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

function checkSuits({ name, check, mixes }: Transform, source: Source): void {
  if (mixes && isStream(source))
    throw new ArgumentError(`${name}: wanted a data set in memory, got a stream; collect it first`)
  const { x, y } = source
  if (!x.dtype.startsWith('float')) throw new ArgumentError(`${name}: wanted x of floats, got ${x.dtype}`)
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
