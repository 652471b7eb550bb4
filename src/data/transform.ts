import type { Data } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { type Random, random } from '../core/random.ts'
import { type Shape, sizeOf } from '../core/shape.ts'
import type { Batch } from './batch.ts'
import type { Dataset, FieldSpec } from './dataset.ts'

/** One example, in arrays of its own. */
export interface Example {
  readonly x: Float32Array | Float64Array
  readonly y: Data
}

/** Which example it is, and what it may be changed by. */
export interface Occasion {
  readonly epoch: number
  /** The example's number in its data set. */
  readonly index: number
  /** Of x. */
  readonly shape: Shape
  /** Belongs to (seed, epoch, index) and the transform's place in the list. */
  readonly random: Random
  /** How many examples there are to choose others from. */
  readonly length: number
  /** Another example as it is before this transform. Do not write to it. */
  other(index: number): Example
}

/**
 * A change of one example, in place, that depends on (seed, epoch, index) alone: neither the batch it is in, nor
 * the order of the examples, nor the thread changes it.
 *
 * @example const noise = { name: 'noise', apply: ({ x }, { random }) => x.forEach((v, i) => { x[i] = v + random.normal(0, 0.1) }) }
 */
export interface Transform {
  readonly name: string
  /** @throws {ArgumentError} when examples of these shapes and types cannot be changed so. */
  check?(x: FieldSpec, y: FieldSpec): void
  /** Whether it looks at other examples, which a stream cannot give. */
  readonly mixes?: boolean
  apply(example: Example, occasion: Occasion): void
}

/** Examples in memory, or what those of a stream look like. */
type Examples = Dataset | { readonly x: FieldSpec; readonly y: FieldSpec }

const isMemory = (examples: Examples): examples is Dataset => 'length' in examples

/** Batches with each example changed in place. `indices` are the examples' numbers. */
export function transforming(
  examples: Examples,
  transforms: readonly Transform[],
  seed: number,
): (batch: Batch, indices: ArrayLike<number>, epoch: number) => Batch {
  if (transforms.length === 0) return (batch) => batch
  const { x, y } = examples
  for (const { name, check, mixes } of transforms) {
    if (mixes && !isMemory(examples))
      throw new ArgumentError(`${name}: wanted a data set in memory, got a stream; collect it first`)
    if (!x.dtype.startsWith('float')) throw new ArgumentError(`${name}: wanted x of floats, got ${x.dtype}`)
    check?.(x, y)
  }
  const steps = transforms.map((transform, place) => ({
    transform,
    at: (epoch: number, index: number): Occasion => ({
      epoch,
      index,
      shape: x.shape,
      random: random(seed, 'transform', place, epoch, index),
      length: isMemory(examples) ? examples.length : 0,
      other: (j) => apply(lookUp(examples as Dataset, j), epoch, j, place),
    }),
  }))
  const apply = (example: Example, epoch: number, index: number, places: number = steps.length): Example => {
    for (const { transform, at } of steps.slice(0, places)) transform.apply(example, at(epoch, index))
    return example
  }
  return (batch, indices, epoch) => {
    for (let row = 0; row < batch.length; row++) {
      apply({ x: rowOf(batch.x, x, row) as Float32Array, y: rowOf(batch.y, y, row) }, epoch, indices[row]!)
    }
    return batch
  }
}

const rowOf = (data: Data, { shape }: FieldSpec, row: number): Data =>
  data.subarray(row * sizeOf(shape), (row + 1) * sizeOf(shape))

/** A copy of an example in memory. */
const lookUp = ({ x, y }: Dataset, index: number): Example => ({
  x: rowOf(x.data, x, index).slice() as Float32Array,
  y: rowOf(y.data, y, index).slice(),
})
