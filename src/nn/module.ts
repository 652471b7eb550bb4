import { nameOf } from '../core/names.ts'
import type { Tensor } from '../core/tensor.ts'

/** Whether a model trains or is evaluated. Passed to every call, so no layer is left in the wrong mode. */
export type Mode = 'train' | 'eval'

/**
 * A layer or a model: a function with variables and other modules as its fields.
 *
 * The path of fields to a variable is its state name, as in PyTorch: `fc1.weight`, `layers.0.running_mean`.
 */
export interface Module {
  forward(x: Tensor, mode: Mode): Tensor
}

/** Returns the name of a layer for messages: `fc1 (Linear)` within a model, `Linear` outside one. */
export const called = (layer: object, kind: string): string =>
  nameOf(layer) ? `${nameOf(layer)} (${kind})` : kind
