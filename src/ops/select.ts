import type { DType } from '../core/dtype.ts'
import { resolveAxes, withoutAxes } from '../core/shape.ts'
import { constant, node, type Tensor } from '../core/tensor.ts'
import { cast } from './compare.ts'
import { checkIntegers } from './elementwise.ts'

/**
 * A row of zeros with a 1 at each label.
 *
 * @param labels `[…]` of int32 or int64. As in ONNX, a label outside −classes … classes − 1 gives a row of
 *   zeros, and a negative one within counts from the end.
 * @returns `[…, classes]` of `dtype`
 */
export function oneHot(labels: Tensor, classes: number, dtype: DType = 'float32'): Tensor {
  checkIntegers('oneHot', 'labels', labels)
  const hot = node('OneHot', {
    inputs: [labels, constant([classes], [1], labels.dtype), constant([0, 1], [2])],
    attributes: { axis: -1 },
    shape: [...labels.shape, classes],
    dtype: 'float32',
  })
  return cast(hot, dtype)
}

/** The index of the greatest element along `axis`, the first of equals; int64, without `axis`. */
export const argMax = (x: Tensor, axis: number = -1): Tensor => indexOf('ArgMax', 'argMax', x, axis)

/** The index of the least element along `axis`, the first of equals; int64, without `axis`. */
export const argMin = (x: Tensor, axis: number = -1): Tensor => indexOf('ArgMin', 'argMin', x, axis)

function indexOf(op: string, who: string, x: Tensor, axis: number): Tensor {
  const [along] = resolveAxes(who, [axis], x.shape.length)
  return node(op, {
    inputs: [x],
    attributes: { axis: along!, keepdims: 0 },
    shape: withoutAxes(x.shape, [along!]),
    dtype: 'int64',
  })
}
