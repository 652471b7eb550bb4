import { allocate, type Data, type DType } from '../core/dtype.ts'
import { sizeOf } from '../core/shape.ts'
import type { Dataset } from './dataset.ts'
import { weightRows } from './example-weights.ts'
import { gatherExamples } from './gather-examples.ts'

/** A batch of examples: `x` holds all their inputs, flat, one after another, and `y` all labels or targets. */
export interface Batch {
  readonly x: Data
  readonly y: Data
  /** Weight of each example; absent if every example counts the same. */
  readonly weights?: Data | undefined
  /** Number of examples in the batch. */
  readonly length: number
  /** Data set and indices of the examples; undefined once `x` or `y` was read, or after transforms. */
  readonly from?: { readonly dataset: Dataset; readonly indices: Int32Array } | undefined
}

type FieldName = 'x' | 'y' | 'weights'

/** Returns an array of `length` elements, new or reused, to hold a field of a batch. */
export type Memory = (field: FieldName, dtype: DType, length: number) => Data

const fresh: Memory = (_, dtype, length) => allocate(dtype, length)

/** Returns a batch of the examples at `indices`; its arrays are copied from the data set when first read. */
export function picked(dataset: Dataset, indices: Int32Array, memory: Memory = fresh): Batch {
  const read = new Map<FieldName, Data>()
  const rows = (name: FieldName): Data => {
    const { dtype, shape } = dataset[name]!
    const out = (): Data => memory(name, dtype, indices.length * sizeOf(shape))
    const data = read.get(name) ?? gatherExamples(dataset[name]!, indices, out())
    read.set(name, data)
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
  if (dataset.weights)
    Object.defineProperty(batch, 'weights', { get: () => rows('weights'), enumerable: true })
  // Absent once rows were read, as they may be overwritten. Not enumerable, so that `{ ...batch, x }` drops it.
  const from = (): Batch['from'] => (read.size === 0 ? { dataset, indices } : undefined)
  return Object.defineProperty(batch, 'from', { get: from })
}

/** Returns a batch of the examples at consecutive `indices`, as views of the data set, which must not change. */
export function viewed(dataset: Dataset, indices: Int32Array): Batch {
  const [first = 0] = indices
  const rows = ({ data, shape }: Dataset['x']): Data =>
    data.subarray(first * sizeOf(shape), (first + indices.length) * sizeOf(shape))
  const { x, y, weights } = dataset
  const batch = {
    x: rows(x),
    y: rows(y),
    ...(weights && { weights: rows(weights) }),
    length: indices.length,
  }
  return Object.defineProperty(batch, 'from', { value: { dataset, indices } })
}

/** Returns an allocator that reuses one array for each field: a batch overwrites the previous one. */
export function reused(): Memory {
  const held = new Map<string, Data>()
  return (field, dtype, length) => {
    const known = held.get(field)
    const data = known !== undefined && known.length >= length ? known : allocate(dtype, length)
    held.set(field, data)
    return data.subarray(0, length)
  }
}

/** Returns the examples `from` … `to − 1` of a batch, as views without copying. */
export function batchRows({ x, y, weights, length }: Batch, from: number, to: number): Batch {
  const rows = (data: Data): Data => data.subarray((from * data.length) / length, (to * data.length) / length)
  return { x: rows(x), y: rows(y), ...weightRows({ weights }, from, to), length: to - from }
}

/** Returns a batch with copies of the arrays. */
export const copyOf = ({ x, y, weights, length }: Batch): Batch => ({
  x: x.slice(),
  y: y.slice(),
  ...(weights && { weights: weights.slice() }),
  length,
})
