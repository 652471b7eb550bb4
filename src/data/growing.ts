import { allocate, type Data } from '../core/dtype.ts'
import { sizeOf } from '../core/shape.ts'
import type { Batch } from './batch.ts'
import type { FieldSpec, Values } from './dataset.ts'

/** Factor by which allocated arrays exceed the estimated length of all batches together. */
const reserve = 1.02

/**
 * Joins batches as they arrive. Arrays are allocated at the total length, estimated from the fraction of the
 * source that was read so far, so that they are rarely copied; the operating system commits memory only to the
 * part that has been written.
 */
export class Growing {
  readonly #specs: Readonly<Record<'x' | 'y', FieldSpec>>
  #weights: Float64Array | undefined
  #x: Data
  #y: Data
  #length = 0
  #capacity = 0

  constructor(x: FieldSpec, y: FieldSpec) {
    this.#specs = { x, y }
    this.#x = allocate(x.dtype, 0)
    this.#y = allocate(y.dtype, 0)
  }

  /** Appends a batch. @param share fraction of the source read so far, with this batch. @default not known */
  add({ x, y, weights, length }: Batch, share: number = 2 / 3): void {
    const total = this.#length + length
    if (total > this.#capacity) this.#grow(Math.ceil(Math.max(total, (reserve * total) / share)))
    ;(this.#x as Values).set(x as Values, this.#length * sizeOf(this.#specs.x.shape))
    ;(this.#y as Values).set(y as Values, this.#length * sizeOf(this.#specs.y.shape))
    if (weights) {
      this.#weights ??= new Float64Array(this.#capacity)
      this.#weights.set(weights as Values, this.#length)
    }
    this.#length = total
  }

  /** All batches as one. The arrays are copied only if they are much longer than their content. */
  get batch(): Batch {
    const trimmed = (data: Data, { shape }: FieldSpec): Data => {
      const size = this.#length * sizeOf(shape)
      return size < data.length / (2 * reserve) ? data.slice(0, size) : data.subarray(0, size)
    }
    const { x, y } = this.#specs
    const weights = this.#weights && { weights: this.#weights.slice(0, this.#length) }
    return { x: trimmed(this.#x, x), y: trimmed(this.#y, y), ...weights, length: this.#length }
  }

  #grow(capacity: number): void {
    const longer = (data: Data, { dtype, shape }: FieldSpec): Data => {
      const out = allocate(dtype, capacity * sizeOf(shape))
      ;(out as Values).set(data as Values)
      return out
    }
    this.#x = longer(this.#x, this.#specs.x)
    this.#y = longer(this.#y, this.#specs.y)
    if (this.#weights) this.#weights = longer(this.#weights, { dtype: 'float64', shape: [] }) as Float64Array
    this.#capacity = capacity
  }
}
