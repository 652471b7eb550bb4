import { allocate, type Data, type DType } from '../core/dtype.ts'
import { sizeOf } from '../core/shape.ts'
import { type Dataset, gatherExamples } from './dataset.ts'

/** A batch of examples: rows of `x` and `y`, one after another. */
export interface Batch {
  readonly x: Data
  readonly y: Data
  /** Number of examples. */
  readonly length: number
  /** The data set's examples that these are; absent where rows were generated, transformed or handed out. */
  readonly from?: { readonly dataset: Dataset; readonly indices: Int32Array } | undefined
}

/** Provides the memory that rows are written to. */
export type Memory = (field: 'x' | 'y', dtype: DType, length: number) => Data

const fresh: Memory = (_, dtype, length) => allocate(dtype, length)

/** The examples at these indices. Their rows are gathered when first read. */
export function picked(dataset: Dataset, indices: Int32Array, memory: Memory = fresh): Batch {
  const held = new Map<'x' | 'y', Data>()
  const rows = (name: 'x' | 'y'): Data => {
    const field = dataset[name]
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
  // Readers of the rows may have changed them. Not enumerable: a copy, `{ ...batch, x }`, loses its origin.
  const from = (): Batch['from'] => (held.size === 0 ? { dataset, indices } : undefined)
  return Object.defineProperty(batch, 'from', { get: from })
}

/** Memory that each batch overwrites. */
export function reused(): Memory {
  const held = new Map<string, Data>()
  return (field, dtype, length) => {
    const known = held.get(field)
    const data = known !== undefined && known.length >= length ? known : allocate(dtype, length)
    held.set(field, data)
    return data.subarray(0, length)
  }
}

/** A view of the rows from `from` to `to`, exclusive. */
export function batchRows({ x, y, length }: Batch, from: number, to: number): Batch {
  const part = (data: Data): Data => data.subarray((from * data.length) / length, (to * data.length) / length)
  return { x: part(x), y: part(y), length: to - from }
}

/** Copies the rows of a batch. */
export const copyOf = ({ x, y, length }: Batch): Batch => ({ x: x.slice(), y: y.slice(), length })
