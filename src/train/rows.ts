import type { Data } from '../core/dtype.ts'
import { type Batch, picked } from '../data/batch.ts'

/** Returns batches `from` to `to` (exclusive) of a stack (batches of `size` examples, concatenated). */
export function rows(stack: Batch, size: number, from: number, to: number): Batch {
  if (from === 0 && to * size === stack.length) return stack
  if (stack.from) return picked(stack.from.dataset, stack.from.indices.subarray(from * size, to * size))
  const part = (data: Data): Data => {
    const perBatch = (data.length / stack.length) * size
    return data.slice(from * perBatch, to * perBatch)
  }
  const { x, y, weights } = stack
  const own = weights && { weights: part(weights) }
  return { x: part(x), y: part(y), ...own, length: (to - from) * size }
}
