import { allocate, type Data } from '../core/dtype.ts'
import { checkMemory } from '../core/memory.ts'
import { sizeOf } from '../core/shape.ts'
import type { FlatExample } from './arrays.ts'
import { type Batch, batchRows } from './batch.ts'
import type { FieldSpec, Values } from './dataset.ts'

/** Shapes and element types of what a buffer holds of each example. */
interface RowSpec {
  readonly x: FieldSpec
  readonly y: FieldSpec
  readonly weights?: FieldSpec
}

/** A buffer for up to `capacity` examples (rows), which are appended one by one or copied from batches. */
export class Rows {
  length = 0
  readonly #memory: Batch

  constructor({ x, y, weights }: RowSpec, capacity: number) {
    const field = ({ dtype, shape }: FieldSpec): Data => allocate(dtype, capacity * sizeOf(shape))
    const bytes = 4 * capacity * (sizeOf(x.shape) + sizeOf(y.shape))
    checkMemory(
      'loader',
      `buffers of ${capacity} examples`,
      bytes,
      'use a smaller batchSize or shuffleBuffer',
    )
    this.#memory = { x: field(x), y: field(y), ...(weights && { weights: field(weights) }), length: capacity }
  }

  /** The rows filled so far, as a batch that shares the buffer's memory. */
  get batch(): Batch {
    return batchRows(this.#memory, 0, this.length)
  }

  add({ x, y, weight }: FlatExample & { readonly weight?: number }): void {
    if (weight !== undefined) this.#memory.weights![this.length] = weight
    this.#set(x, y, this.length++)
  }

  /** Copies rows `from` … `from + rows − 1` of a batch to the buffer, from row `to` on. @default at its end */
  copy(batch: Batch, from: number, rows: number, to: number = this.length): void {
    const { x, y, weights } = batchRows(batch, from, from + rows)
    if (weights) (this.#memory.weights as Values).set(weights as Values, to)
    this.#set(x as Values, y as Values, to)
    this.length = Math.max(this.length, to + rows)
  }

  #set(x: ArrayLike<number>, y: number | ArrayLike<number>, row: number): void {
    const { x: xs, y: ys, length } = this.#memory
    ;(xs as Values).set(x, row * (xs.length / length))
    if (typeof y === 'number') ys[row] = y
    else (ys as Values).set(y, row * (ys.length / length))
  }
}
