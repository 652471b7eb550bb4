import { isTensor, type Tensor } from '../core/tensor.ts'
import type { FieldSpec } from '../data/dataset.ts'
import type { Mode, Model, Module, TensorRecord } from '../nn/module.ts'
import { checkOutputs, recordOf, rowsFrom } from './tensor-record.ts'

type Forward = (x: Tensor | TensorRecord, mode: Mode) => Tensor | TensorRecord

const named = new WeakSet<object>()

/**
 * Makes a model of several inputs or outputs usable as a module: given the rows of its inputs, `forward` returns the
 * rows of its outputs. Given tensors by name, `forward` still returns what it did before.
 */
export function namedModel(model: Model, { x, y }: { readonly x: FieldSpec; readonly y: FieldSpec }): Module {
  if ((!x.tensors && !y.tensors) || named.has(model)) return model as Module
  const forward = model.forward as Forward
  const names = y.tensors && Object.keys(y.tensors)
  const value: Forward = (given, mode) => {
    if (!isTensor(given)) return forward.call(model, given, mode)
    const output = forward.call(model, x.tensors ? recordOf(given, x.tensors) : given, mode)
    if (names === undefined) return output
    checkOutputs(model.constructor.name, output, names, given.shape[0]!)
    return rowsFrom(output as TensorRecord, names)
  }
  named.add(model)
  Object.defineProperty(model, 'forward', { value, configurable: true, writable: true })
  return model as Module
}

/** Returns a function that makes models which are usable as modules; see `namedModel`. */
export const namedModels = (
  make: (options: never) => Model,
  fields: { readonly x: FieldSpec; readonly y: FieldSpec },
): ((options: never) => Module) =>
  fields.x.tensors || fields.y.tensors
    ? (options) => namedModel(make(options), fields)
    : (make as (options: never) => Module)
