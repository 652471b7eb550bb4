import type { DType } from '../core/dtype.ts'
import { resolveAxes, withoutAxes } from '../core/shape.ts'
import { constant, node, type Tensor } from '../core/tensor.ts'
import { cast } from './compare.ts'
import { checkIntegers } from './elementwise.ts'
import { checkRange } from './range.ts'

/**
 * One-hot encodes labels: each becomes a row of zeros with a 1 at the label.
 *
 * @param labels `[…]` of int32 or int64
 * @returns `[…, classes]` of `dtype`
 * @throws {ShapeError} when the labels are not integers. A step that runs refuses labels outside of 0 to classes − 1.
 */
export function oneHot(labels: Tensor, classes: number, dtype: DType = 'float32'): Tensor {
  checkIntegers('oneHot', 'labels', labels)
  checkRange('oneHot', 'a label', labels, { min: 0, max: classes - 1 })
  const hot = node('OneHot', {
    inputs: [labels, constant([classes], [1], labels.dtype), constant([0, 1], [2])],
    attributes: { axis: -1 },
    shape: [...labels.shape, classes],
    dtype: 'float32',
  })
  return cast(hot, dtype)
}

/** Index of the greatest element along `axis`, as int64; removes the axis. Ties go to the lowest index. */
export const argMax = (x: Tensor, axis: number = -1): Tensor => indexOf('ArgMax', 'argMax', x, axis)

/** Index of the least element along `axis`, as int64; removes the axis. Ties go to the lowest index. */
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
