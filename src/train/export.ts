import { ArgumentError } from '../core/errors.ts'
import { nameOf } from '../core/names.ts'
import { constant, input, type Tensor } from '../core/tensor.ts'
import { trace, variables } from '../core/variable.ts'
import type { FieldSpec } from '../data/dataset.ts'
import type { Module } from '../nn/module.ts'
import { fuseAll } from '../nn/norm/fuse.ts'
import { inferenceModel } from '../runtime/inference.ts'

/** Batch size for tracing: a large prime, so that no axis of the graph but the batch axis has this length. */
const batch = 7919

/**
 * Returns a model with its weights as the bytes of an ONNX file for inference on batches of any size, with
 * input `x` and output `y`. Batch normalization uses running statistics and is folded into the preceding layer
 * where possible.
 *
 * @param x shape and element type of one example
 * @throws {ArgumentError} when the model's graph depends on the batch size or assigns variables in evaluation.
 */
export function exportOnnx(model: Module, { shape, dtype }: FieldSpec): Uint8Array {
  const fused = fuseAll(model)
  const named = variables(model)
  const x = input([batch, ...shape], dtype)
  const { reads, writes, result } = trace(() => fused.forward(x, 'eval'))
  if (writes.size > 0)
    throw new ArgumentError('export: wanted a model that only computes, got one that learns in eval')
  const weights = new Map<Tensor, Tensor>()
  const inputs = new Map<string, Tensor>([['x', x]])
  for (const [variable, read] of reads) {
    const weight = constant(Float64Array.from(variable.data, Number), variable.shape, variable.dtype)
    const name = nameOf(variable)
    inputs.set(named.has(name) && !inputs.has(name) ? name : `weight_${inputs.size}`, weight)
    weights.set(read, weight)
  }
  return inferenceModel(inputs, weights, result, batch)
}
