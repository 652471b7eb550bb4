import { isFloat } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { variables } from '../core/state.ts'
import { input } from '../core/tensor.ts'
import { trace } from '../core/variable.ts'
import type { FieldSpec } from '../data/dataset.ts'
import type { Module } from '../nn/module.ts'
import { fuseAll } from '../nn/norm/fuse.ts'
import { cast } from '../ops/compare.ts'
import { inferenceModel } from '../runtime/inference.ts'

/**
 * Returns a model with its weights as the bytes of an ONNX file for inference on any number of examples, with
 * input `x`, output `y`, and the weights by their state names. Batch normalization uses running statistics, and
 * is folded into the layer before it where `nn.fuseAll` can. As in evaluation, a float `x` is cast to the type of
 * the model's weights, which is the type of `y`.
 *
 * @param x shape and element type of one example
 * @throws {ArgumentError} when the model assigns variables or reads a schedule in evaluation, or computes by
 *   other operators or by other constants for other numbers of examples.
 */
export function exportOnnx(model: Module, { shape, dtype }: FieldSpec): Uint8Array {
  const weights = [...variables(model).values()].map((v) => v.dtype) // also records their names
  const computing = isFloat(dtype) ? (weights.find(isFloat) ?? dtype) : dtype
  const fused = fuseAll(model, input([2, ...shape], computing))
  return inferenceModel((n) => {
    const x = input([n, ...shape], dtype)
    const { reads, writes, scheduled, result } = trace(() => fused.forward(cast(x, computing), 'eval'))
    if (writes.size > 0) {
      throw new ArgumentError('export: wanted a model that only computes, got one that learns in eval')
    }
    for (const { name } of scheduled.values()) {
      throw new ArgumentError(`export: wanted numbers in eval, got a schedule of ${name}; give a number`)
    }
    return { x, y: result, reads }
  })
}
