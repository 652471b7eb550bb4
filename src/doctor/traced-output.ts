import { isFloat } from '../core/dtype.ts'
import { input, type Tensor } from '../core/tensor.ts'
import { trace } from '../core/variable.ts'
import type { FieldSpec } from '../data/dataset.ts'
import { type Module, modelOutput } from '../nn/module.ts'
import { castFloat } from '../train/graphs.ts'

/** Returns a model's output for `length` examples as a lazy tensor, for its graph: no values are computed. */
export function tracedOutput(
  model: Module,
  { shape, dtype: type }: FieldSpec,
  length: number,
  dtype: 'float32' | 'float64',
): Tensor {
  const x = (): Tensor => castFloat(input([length, ...shape], type), isFloat(type) ? dtype : type)
  return trace(() => modelOutput(model, x(), 'eval')).result
}
