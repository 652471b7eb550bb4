import { noTensor } from '../core/calls.ts'
import { ArgumentError } from '../core/errors.ts'
import { mismatch, showValue } from '../core/mismatch.ts'
import { nameOf } from '../core/names.ts'
import { isTensor, type Tensor } from '../core/tensor.ts'

/** Whether a model trains or is evaluated. Passed to each call, so that no layer is left in the wrong mode. */
export type Mode = 'train' | 'eval'

/**
 * A layer or a model: an object that computes `forward`, and has variables and other modules as its fields.
 *
 * A variable's state name (its name in a saved state) is the path of fields that leads to it, as in PyTorch:
 * `fc1.weight`, `layers.0.running_mean`.
 */
export interface Module {
  forward(x: Tensor, mode: Mode): Tensor
}

/** Tensors by name: several inputs or outputs of a model. */
export type TensorRecord = Readonly<Record<string, Tensor>>

/**
 * A model to train: a module, or an object whose `forward` takes several tensors by name, returns several, or both, as
 * the data (`data.tensors`) have them: `forward({ image, age }: nn.TensorRecord, mode)` for inputs named so.
 */
export interface Model {
  forward(x: never, mode: Mode): Tensor | TensorRecord
}

/** Returns the name of a layer for error messages: `fc1 (Linear)` if it belongs to a model, otherwise `Linear`. */
export const called = (layer: object, kind: string): string =>
  nameOf(layer) ? `${nameOf(layer)} (${kind})` : kind

/**
 * Returns whether a layer that behaves differently in training was called with `train`.
 *
 * @throws {ArgumentError} unless `mode` is `train` or `eval`. There is no default: a caller that forgets to pass the
 *   mode on would train on evaluation data, or evaluate in training mode.
 */
export function isTraining(layer: object, kind: string, mode: unknown): boolean {
  if (mode === 'train' || mode === 'eval') return mode === 'train'
  throw mismatch(called(layer, kind), "mode as 'train' or 'eval'", mode, 'pass on the mode that forward gets')
}

/** Checks the mode passed to a layer that ignores it. @throws {ArgumentError} when a mode is given but unknown. */
export function checkMode(layer: object, kind: string, mode: unknown): void {
  if (mode !== undefined) isTraining(layer, kind, mode)
}

/** @throws {ArgumentError} unless `layer` is a module. @param what says which argument of `kind` the layer is */
export function checkLayer(kind: string, what: string, layer: unknown): void {
  if (
    typeof layer === 'object' &&
    layer !== null &&
    'forward' in layer &&
    typeof layer.forward === 'function'
  ) {
    return
  }
  const isClass = typeof layer === 'function' && /^class\b/.test(String(layer))
  const got = isClass ? `the class ${layer.name}` : Array.isArray(layer) ? 'a list' : showValue(layer)
  const spread = 'give the layers one by one, or spread the list: new nn.Sequential(...layers)'
  const fix = isClass ? `; write new nn.${layer.name}(…)` : Array.isArray(layer) ? `; ${spread}` : ''
  throw new ArgumentError(`${kind}: wanted ${what} as a module, got ${got}${fix}`)
}

/** Calls a model. @throws {ShapeError} when its `forward` does not return a tensor. */
export function modelOutput(model: Module, x: Tensor, mode: Mode): Tensor {
  const output: unknown = model.forward(x, mode)
  if (isTensor(output)) return output
  throw noTensor(`${model.constructor.name}: forward`, output)
}
