import { variables, walk } from '../core/variable.ts'
import { Dropout } from './dropout.ts'

/**
 * Initializes every uninitialized variable, and sets the seed of every `Dropout` without one to `seed`.
 *
 * The values depend only on (seed, state name): the same seed yields the same weights on every machine,
 * whatever the order in which layers are made. Initialized variables keep their values.
 *
 * @returns the model
 */
export function initialize<M extends object>(model: M, seed: number): M {
  for (const variable of variables(model).values()) if (!variable.initialized) variable.initialize(seed)
  for (const [, layer] of walk(model)) if (layer instanceof Dropout) layer.seed ??= seed
  return model
}

/** Changes the element type of every float variable, as PyTorch's `model.double()`. @returns the model */
export function toDType<M extends object>(model: M, dtype: 'float32' | 'float64'): M {
  for (const variable of variables(model).values()) variable.toDType(dtype)
  return model
}
