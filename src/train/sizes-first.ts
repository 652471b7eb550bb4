import type { DType } from '../core/dtype.ts'
import { checkMemory } from '../core/memory.ts'
import { type Shape, sizeOf } from '../core/shape.ts'
import { variables } from '../core/state.ts'
import { input } from '../core/tensor.ts'
import { trace } from '../core/variable.ts'
import { type Module, modelOutput } from '../nn/module.ts'

/** Minimum number of weights for a check of the model's sizes before the weights are drawn: fewer take no time. */
const many = 2 ** 24

/**
 * Checks a large model on the shape of a batch before its weights are drawn. Otherwise, a layer with a mistyped size
 * would take gigabytes, and a minute to fill them, before the first step finds that it does not fit the data.
 *
 * @throws {ShapeError} when the model does not fit the batch.
 * @throws {ArgumentError} when all weights together do not fit into this machine's memory.
 */
export function checkSizesFirst(
  model: Module,
  batch: { readonly shape: Shape; readonly dtype: DType },
): void {
  const sizes = [...variables(model).values()]
    .filter((one) => !one.initialized)
    .map(({ shape }) => sizeOf(shape))
  const count = sizes.reduce((sum, size) => sum + size, 0)
  if (count < many) return
  checkMemory('model', `${count} numbers`, 4 * count, 'use smaller layers')
  trace(() => modelOutput(model, input(batch.shape, batch.dtype), 'eval'))
}
