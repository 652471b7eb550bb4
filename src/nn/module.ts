import type { Tensor } from '../core/tensor.ts'

/** Whether a model learns or is measured. An argument of every call, so it cannot be forgotten in a wrong state. */
export type Mode = 'train' | 'eval'

/**
 * A layer or a model: fields that are variables and other modules, and a function of them.
 *
 * The path of fields to a variable is its state name, as in PyTorch: `fc1.weight`, `layers.0.running_mean`.
 */
export interface Module {
  forward(x: Tensor, mode: Mode): Tensor
}
