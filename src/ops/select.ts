import type { DType } from '../core/dtype.ts'
import { ShapeError } from '../core/errors.ts'
import { resolveAxes } from '../core/shape.ts'
import { constant, node, type Tensor } from '../core/tensor.ts'
import { cast } from './compare.ts'

/**
 * A row of zeros with a 1 at each label.
 *
 * @param labels `[…]` of int32 or int64; one outside 0 … classes − 1 gives a row of zeros
 * @returns `[…, classes]` of `dtype`
 */
export function oneHot(labels: Tensor, classes: number, dtype: DType = 'float32'): Tensor {
  if (labels.dtype !== 'int32' && labels.dtype !== 'int64') {
    throw new ShapeError(`oneHot: wanted labels of int32 or int64, got ${labels.dtype}`)
  }
  const hot = node('OneHot', {
    inputs: [labels, constant([classes], [1], labels.dtype), constant([0, 1], [2])],
    attributes: { axis: -1 },
    shape: [...labels.shape, classes],
    dtype: 'float32',
  })
  return cast(hot, dtype)
}

/** The index of the greatest element along `axis`, the first of equals; int64, and `axis` is gone. */
export function argMax(x: Tensor, axis: number = -1): Tensor {
  const [along] = resolveAxes('argMax', [axis], x.shape.length)
  return node('ArgMax', {
    inputs: [x],
    attributes: { axis: along!, keepdims: 0 },
    shape: x.shape.filter((_, i) => i !== along),
    dtype: 'int64',
  })
}
