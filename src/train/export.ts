import { ArgumentError } from '../core/errors.ts'
import { variables } from '../core/state.ts'
import { input } from '../core/tensor.ts'
import { checkAssignsNothing, trace } from '../core/variable.ts'
import type { FieldSpec } from '../data/dataset.ts'
import type { Module } from '../nn/module.ts'
import { fuseAll } from '../nn/norm/fuse.ts'
import { inferenceModel } from '../runtime/inference.ts'

/**
 * Returns a model with its weights as the bytes of an ONNX file for inference on any number of examples, with
 * input `x`, output `y`, and the weights by their state names. Batch normalization uses running statistics, and
 * is folded into the layer before it where `nn.fuseAll` can.
 *
 * @param x shape and element type of one example
 * @throws {ArgumentError} when the model assigns variables or reads a schedule in evaluation, or computes by
 *   other operators for other numbers of examples.
 */
export function exportOnnx(model: Module, { shape, dtype }: FieldSpec): Uint8Array {
  variables(model) // records their names
  const fused = fuseAll(model, input([2, ...shape], dtype))
  return inferenceModel((n) => {
    const x = input([n, ...shape], dtype)
    const { reads, scheduled, result } = trace(() => {
      const y = fused.forward(x, 'eval')
      checkAssignsNothing()
      return y
    })
    for (const { name } of scheduled.values()) {
      throw new ArgumentError(`export: wanted numbers in eval, got a schedule of ${name}; give a number`)
    }
    return { x, y: result, reads }
  })
}
