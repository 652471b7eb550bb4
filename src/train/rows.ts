import type { Data } from '../core/dtype.ts'
import { type Batch, picked } from '../data/batch.ts'

/** Returns the batches `from` to `to`, exclusive, of a stack of batches of `size` examples. */
export function rows(stack: Batch, size: number, from: number, to: number): Batch {
  if (from === 0 && to * size === stack.length) return stack
  if (stack.from) return picked(stack.from.dataset, stack.from.indices.subarray(from * size, to * size))
  const part = (data: Data): Data => {
    const one = (data.length / stack.length) * size
    return data.slice(from * one, to * one)
  }
  return { x: part(stack.x), y: part(stack.y), length: (to - from) * size }
}
