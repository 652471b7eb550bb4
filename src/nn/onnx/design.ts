import { constant, type Tensor } from '../../core/tensor.ts'
import type { FileModel, FileNode, FileValue } from '../../onnx/foreign.ts'
import type { FileTensor, TensorValue } from '../../onnx/foreign-tensor.ts'
import { within64 } from './fold.ts'
import type { GraphPlan } from './plan.ts'

/** A value for an input of the file: a constant, or a function of the network's input. */
export type FixedInput = Tensor | ((x: Tensor) => Tensor)

/** Everything that a network needs to trace its file's graph. */
export interface NetworkDesign {
  /** Name of the file in errors. */
  readonly who: string
  readonly model: FileModel
  readonly plan: GraphPlan
  readonly nodes: readonly FileNode[]
  /** Names of the tensors to return. */
  readonly outputs: readonly string[]
  /** Whether `forward` returns the one output itself, not a record. */
  readonly isSingle: boolean
  /** Inputs that the caller passes to `forward`. */
  readonly inputs: readonly FileValue[]
  readonly fixed: ReadonlyMap<string, FixedInput>
  readonly isAnyBatch: boolean
  readonly constant: (tensor: FileTensor) => Tensor
}

/** Returns a function that returns constants as tensors, each made once. */
export function constantsFor(read: (tensor: FileTensor) => TensorValue): (tensor: FileTensor) => Tensor {
  const made = new Map<FileTensor, Tensor>()
  return (tensor) => {
    const known = made.get(tensor)
    if (known) return known
    const { shape, dtype, data } = read(tensor)
    const numbers = data instanceof BigInt64Array ? Array.from(data, (n) => within64(Number(n))) : data
    const t = constant(numbers, shape, dtype)
    made.set(tensor, t)
    return t
  }
}
