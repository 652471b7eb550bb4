import { type DType, isFloat } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { checkSettled } from '../core/exclusive.ts'
import { custom, type Option, readOptions, required } from '../core/options.ts'
import { shapeOption } from '../core/shape.ts'
import { variables } from '../core/state.ts'
import { dtypeOption, input } from '../core/tensor.ts'
import { checkAssignsNothing, type Trace, trace } from '../core/variable.ts'
import type { FieldSpec } from '../data/dataset.ts'
import { checkLayer, type Module, modelOutput } from '../nn/module.ts'
import { fuseAll } from '../nn/norm/fuse.ts'
import { cast } from '../ops/compare.ts'
import { inferenceModel, type TracedBatch } from '../runtime/inference.ts'

const specOptions = {
  /** Shape of one example. */
  shape: required(shapeOption),
  /** Element type of the example. @default 'float32' */
  dtype: { ...dtypeOption, fallback: 'float32' } as Option<DType>,
  /** Ignored; accepted so that the field `x` of a data set can be passed. */
  data: custom('numbers', () => true),
}

/**
 * Returns the bytes of an ONNX file for inference with a model on any number of examples. The graph has input `x`,
 * output `y`, and the model's weights under their state names. Batch normalization uses running statistics, and is
 * folded into the convolution or `Linear` before it, as by `nn.fuseAll`. As in evaluation, a float `x` is cast to the
 * element type of the model's weights, which is also the type of `y`.
 *
 * @param spec shape and element type of one example
 * @throws {ArgumentError} when the model assigns variables or reads a schedule in evaluation, or when its operators
 *   or constants depend on the number of examples.
 */
export function exportOnnx(model: Module, spec: FieldSpec): Uint8Array {
  checkLayer('exportOnnx', 'model', model)
  const { shape, dtype } = readOptions('exportOnnx', specOptions, spec)
  checkSettled('exportOnnx', variables(model).values())
  const weights = [...variables(model).values()].map((v) => v.dtype) // also records their names
  const computing = isFloat(dtype) ? (weights.find(isFloat) ?? dtype) : dtype
  // Fuses layers, as a graph does not show that several operators, such as a float64 convolution's, are one product.
  const fused = fuseAll(model, input([2, ...shape], computing))
  return inferenceModel(tracer(fused, { shape, dtype }, computing))
}

/**
 * Returns a function that traces a model's inference on a batch of n examples, from input `x` to output `y`.
 *
 * @param computing element type in which the model computes, to which `x` is cast
 */
export const tracer =
  (model: Module, { shape, dtype }: FieldSpec, computing: DType) =>
  (n: number): TracedBatch & Pick<Trace, 'ranges'> => {
    const x = input([n, ...shape], dtype)
    const { reads, ranges, result } = unscheduled(() => modelOutput(model, cast(x, computing), 'eval'))
    return { inputs: new Map([['x', x]]), outputs: new Map([['y', result]]), reads, ranges }
  }

/** Traces a computation. @throws {ArgumentError} when the computation assigns a variable or reads a schedule. */
export function unscheduled<T>(compute: () => T): ReturnType<typeof trace<T>> {
  const traced = trace(() => {
    const result = compute()
    checkAssignsNothing()
    return result
  })
  for (const { name } of traced.scheduled.values()) {
    throw new ArgumentError(`export: wanted numbers in eval, got a schedule of ${name}; give a number`)
  }
  return traced
}
