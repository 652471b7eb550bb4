import { EvenstepError } from '../core/errors.ts'
import { input, type Tensor } from '../core/tensor.ts'
import { trace } from '../core/variable.ts'
import type { FieldSpec } from '../data/dataset.ts'
import type { Module } from '../nn/module.ts'
import type { Loss } from '../ops/loss.ts'
import { castFloat } from '../train/graphs.ts'
import { LossScale } from '../train/loss-scale.ts'
import { inputLike } from '../train/tensor-record.ts'

/** A model, its loss and the data of an experiment. */
interface Setup {
  readonly model: Module
  readonly loss: Loss
  readonly data: { readonly x: FieldSpec; readonly y: FieldSpec }
  readonly dtype: 'float32' | 'float64'
}

/**
 * Returns the name of the operator that makes a batch's loss neither a mean nor a sum over its examples, such as
 * `Sqrt` if the loss is the root of a mean. Undefined if the loss is a mean or a sum, if it is made by
 * `weightedLoss`, or if the operator is unknown.
 */
export function batchDependence({ model, loss: lossOf, data, dtype }: Setup): string | undefined {
  const batch = ({ shape, dtype }: FieldSpec): Tensor => input([2, ...shape], dtype)
  const compared = (): LossScale | undefined => {
    const output = inputLike(model.forward(castFloat(batch(data.x), dtype), 'eval'), 2)
    const y = castFloat(batch(data.y), dtype)
    return LossScale.of(lossOf, { loss: lossOf(output, y), output, y })
  }
  try {
    return trace(compared).result?.cause
  } catch (error) {
    if (error instanceof EvenstepError) return undefined
    throw error
  }
}
