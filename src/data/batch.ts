import { allocate, type Data, type DType } from '../core/dtype.ts'
import { sizeOf } from '../core/shape.ts'
import { type Dataset, type Field, gatherExamples } from './dataset.ts'

/** Some examples: rows of `x` and `y`, one after another. */
export interface Batch {
  readonly x: Data
  readonly y: Data
  /** How many examples. */
  readonly length: number
  /** Which examples of which data set they are; absent where they may be others, made or changed. */
  readonly from?: { readonly dataset: Dataset; readonly indices: Int32Array } | undefined
}

/** Where rows are put. */
export type Memory = (field: 'x' | 'y', dtype: DType, length: number) => Data

const fresh: Memory = (_, dtype, length) => allocate(dtype, length)

/** The examples of these numbers. Their rows are put together when someone asks for them. */
export function picked(dataset: Dataset, indices: Int32Array, memory: Memory = fresh): Batch {
  const held = new Map<'x' | 'y', Data>()
  const rows = (name: 'x' | 'y'): Data => {
    const field: Field = dataset[name]
    const data =
      held.get(name) ??
      gatherExamples(field, indices, memory(name, field.dtype, indices.length * sizeOf(field.shape)))
    held.set(name, data)
    return data
  }
  const batch = {
    length: indices.length,
    get x() {
      return rows('x')
    },
    get y() {
      return rows('y')
    },
  }
  // Whoever has seen the rows may have changed them. Not enumerable: a copy, `{ ...batch, x }`, is not from there.
  const from = (): Batch['from'] => (held.size === 0 ? { dataset, indices } : undefined)
  return Object.defineProperty(batch, 'from', { get: from })
}

/** Memory that each batch is written over in the next time. */
export function reused(): Memory {
  const held = new Map<string, Data>()
  return (field, dtype, length) => {
    const known = held.get(field)
    const data = known !== undefined && known.length >= length ? known : allocate(dtype, length)
    held.set(field, data)
    return data.subarray(0, length)
  }
}
