import { sizeOf } from '../core/shape.ts'
import type { Initializer } from '../core/variable.ts'

/** Each element uniform in `[low, high)`. */
export const uniform =
  (low: number, high: number): Initializer =>
  (random, shape) =>
    Float64Array.from({ length: sizeOf(shape) }, () => random.uniform(low, high))
