import { variables, walk } from '../core/variable.ts'
import { Dropout } from './dropout.ts'

/**
 * Give every variable that has no numbers yet its first ones, and every `Dropout` that has no seed this one.
 *
 * They depend on (seed, state name) alone: the same seed gives the same weights on every machine, in whatever
 * order layers are made. Variables that have numbers keep them.
 *
 * @returns the model
 */
export function initialize<M extends object>(model: M, seed: number): M {
  for (const variable of variables(model).values()) if (!variable.initialized) variable.initialize(seed)
  for (const [, layer] of walk(model)) if (layer instanceof Dropout) layer.seed ??= seed
  return model
}

/** Change the element type of every float variable, as PyTorch's `model.double()`. @returns the model */
export function toDType<M extends object>(model: M, dtype: 'float32' | 'float64'): M {
  for (const variable of variables(model).values()) variable.toDType(dtype)
  return model
}
