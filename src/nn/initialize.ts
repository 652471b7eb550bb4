import { integer } from '../core/options.ts'
import { checkModel, variables, walk } from '../core/state.ts'
import { Dropout } from './dropout.ts'

/**
 * Initializes each uninitialized variable of a model, and gives `seed` to each `Dropout` that has no seed.
 *
 * The values depend only on `seed` and on the variable's name: the same seed yields the same weights on every
 * machine, regardless of the order in which layers are created. Initialized variables keep their values.
 *
 * @returns the model
 * @throws {ArgumentError} when `seed` is not an integer.
 */
export function initialize<M extends object>(model: M, seed: number): M {
  checkModel(model)
  integer().read('initialize', 'seed', seed)
  for (const variable of variables(model).values()) if (!variable.initialized) variable.initialize(seed)
  for (const [, layer] of walk(model)) if (layer instanceof Dropout) layer.seed ??= seed
  return model
}

/** Converts every float variable to another element type, like `model.double()` in PyTorch. @returns the model */
export function toDType<M extends object>(model: M, dtype: 'float32' | 'float64'): M {
  for (const variable of variables(model).values()) variable.toDType(dtype)
  return model
}
