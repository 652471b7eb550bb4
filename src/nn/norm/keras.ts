import { mismatch } from '../../core/mismatch.ts'
import { boolean, number, type OptionsOf, readOptions } from '../../core/options.ts'
import type { BatchNormOptions } from './batch-norm.ts'

const options = {
  /** Weight of the old running statistics in an update: 1 minus PyTorch's momentum. @default 0.99 */
  momentum: number({ min: 0, max: 1 }, 0.99),
  /** Added to the variance to avoid division by zero. @default 1e-3 */
  epsilon: number({ above: 0 }, 1e-3),
  /** Whether to learn a shift β. @default true */
  center: boolean(true),
  /** Whether to learn a scale γ. @default true */
  scale: boolean(true),
}
/** Arguments of Keras's and TensorFlow.js's `BatchNormalization` that `BatchNormOptions` can express. */
export interface KerasBatchNormalization extends OptionsOf<typeof options> {}

/** Converts arguments of Keras's `BatchNormalization` to `BatchNormOptions`: momentum becomes 1 − momentum. */
export function fromKeras(given?: KerasBatchNormalization): BatchNormOptions {
  const { momentum, epsilon, center, scale } = readOptions('fromKeras', options, given)
  const affine = scale === center ? scale : scale ? 'weight' : 'bias'
  return { momentum: 1 - momentum, eps: epsilon, affine }
}

const names = {
  gamma: 'weight',
  beta: 'bias',
  moving_mean: 'running_mean',
  moving_variance: 'running_var',
} as const

/** Renames a Keras model's variables to PyTorch's names: `gamma` to `weight`, `moving_variance` to `running_var`. */
export function stateFromKeras<T>(
  weights: Partial<Readonly<Record<keyof typeof names, T>>>,
): Record<string, T> {
  if (Object(weights) !== weights) throw mismatch('stateFromKeras', 'weights by name', weights)
  return Object.fromEntries(
    Object.entries(names).flatMap(([theirs, ours]) => {
      const numbers = weights[theirs as keyof typeof names]
      return numbers === undefined ? [] : [[ours, numbers]]
    }),
  )
}
