import { nameOf } from '../core/names.ts'
import type { Tensor } from '../core/tensor.ts'

/** Whether a model learns or is measured. An argument of every call, so no layer is left in the wrong mode. */
export type Mode = 'train' | 'eval'

/**
 * A layer or a model: a function with variables and other modules as its fields.
 *
 * The path of fields to a variable is its state name, as in PyTorch: `fc1.weight`, `layers.0.running_mean`.
 */
export interface Module {
  forward(x: Tensor, mode: Mode): Tensor
}

/** How messages name a layer: `fc1 (Linear)` in a model, `Linear` outside one. */
export const called = (layer: object, kind: string): string =>
  nameOf(layer) ? `${nameOf(layer)} (${kind})` : kind
