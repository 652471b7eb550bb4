import { noTensor } from '../core/calls.ts'
import { type DType, isFloat } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { checkSettled } from '../core/exclusive.ts'
import {
  boolean,
  custom,
  type Option,
  type OptionsOf,
  readOptions,
  required,
  type ValuesOf,
} from '../core/options.ts'
import { shapeOption } from '../core/shape.ts'
import { variables } from '../core/state.ts'
import { dtypeOption, input, isTensor, type Tensor } from '../core/tensor.ts'
import { checkAssignsNothing, type Trace, trace } from '../core/variable.ts'
import type { FieldSpec } from '../data/dataset.ts'
import type { TensorSpecs } from '../data/record.ts'
import { checkLayer, type Model, type Module, type TensorRecord } from '../nn/module.ts'
import { fuseAll } from '../nn/norm/fuse.ts'
import { cast } from '../ops/compare.ts'
import { inferenceModel, type TracedBatch } from '../runtime/inference.ts'
import { layoutOf, recordOf } from './tensor-record.ts'

const specOptions = {
  /** Shape of one example. */
  shape: required(shapeOption),
  /** Element type of the example. @default 'float32' */
  dtype: { ...dtypeOption, fallback: 'float32' } as Option<DType>,
  /** Ignored; accepted so that the field `x` of a data set can be passed. */
  data: custom('numbers', () => true),
  /** Tensors by name that an example consists of, of a model of several inputs. @default one input */
  tensors: custom<TensorSpecs>('an object of tensors by name', (value) => Object(value) === value),
}

const exportOptions = {
  /**
   * Whether batch normalization remains a layer, with the names of its weights, rather than being folded into the layer
   * before it: for a file that is to be trained further, here by `nn.fromOnnx` or elsewhere.
   * @default false
   */
  keepNormalization: boolean(false),
}
export interface ExportOptions extends OptionsOf<typeof exportOptions> {}

/** Checks options of an export. @throws {ArgumentError} naming the first that is unknown or invalid */
export const readExportOptions = (given: ExportOptions): ValuesOf<typeof exportOptions> =>
  readOptions('exportOnnx', exportOptions, given)

/**
 * Returns the bytes of an ONNX file for inference with a model on any number of examples. The graph has input `x`,
 * output `y`, and the model's weights under their state names; several inputs or outputs have their own names. Batch
 * normalization uses running statistics, and is folded into the convolution or `Linear` before it, as by `nn.fuseAll`.
 * As in evaluation, a float `x` is cast to the element type of the model's weights, which is also the type of `y`.
 *
 * @param spec shape and element type of one example
 * @throws {ArgumentError} when the model assigns variables or reads a schedule in evaluation, or when its operators
 *   or constants depend on the number of examples.
 */
export function exportOnnx(model: Model, spec: FieldSpec, given: ExportOptions = {}): Uint8Array {
  checkLayer('exportOnnx', 'model', model)
  const { keepNormalization } = readExportOptions(given)
  const { shape, dtype, tensors } = readOptions('exportOnnx', specOptions, spec)
  checkSettled('exportOnnx', variables(model).values())
  const weights = [...variables(model).values()].map((v) => v.dtype) // also records their names
  const computing = isFloat(dtype) ? (weights.find(isFloat) ?? dtype) : dtype
  const x: FieldSpec = { shape, dtype, ...(tensors && { tensors }) }
  const traceOn = tracer(model, x, computing)
  const isPlain = traceOn(2).outputs.has('y') && !tensors
  if (keepNormalization || !isPlain) return inferenceModel(traceOn, { folds: !keepNormalization })
  // Fuses layers, as a graph does not show that several operators, such as a float64 convolution's, are one product.
  const fused = fuseAll(model as Module, input([2, ...shape], computing))
  return inferenceModel(tracer(fused, x, computing), { folds: true })
}

/**
 * Returns a function that traces a model's inference on a batch of n examples, from input `x` to output `y`, or from
 * and to several tensors by name.
 *
 * @param computing element type in which the model computes, to which `x` is cast
 */
export const tracer =
  (model: Model, x: FieldSpec, computing: DType) =>
  (n: number): TracedBatch & Pick<Trace, 'ranges'> => {
    const inputs = new Map(
      Object.entries(x.tensors ?? { x }).map(([name, { shape, dtype }]) => [
        name,
        input([n, ...shape], dtype),
      ]),
    )
    const { reads, ranges, result } = unscheduled(() => {
      const typed = [...inputs].map(([name, t]): [string, Tensor] => [
        name,
        x.tensors && !isFloat(t.dtype) ? t : cast(t, computing),
      ])
      const given = x.tensors ? Object.fromEntries(typed) : typed[0]![1]
      return outputsIn(model, model.forward(given as never, 'eval'))
    })
    return { inputs, outputs: new Map(Object.entries(result)), reads, ranges }
  }

/** Returns the outputs of a model by name: `y` if there is one. @throws {ShapeError} when there is none. */
function outputsIn(model: Model, output: Tensor | TensorRecord): TensorRecord {
  if (isTensor(output)) return layoutOf(output) ? recordOf(output) : { y: output }
  const each = Object.entries(Object(output) as TensorRecord)
  if (each.length > 0 && each.every(([, t]) => isTensor(t))) return output
  throw noTensor(`${model.constructor.name}: forward`, output)
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
