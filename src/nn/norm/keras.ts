import { boolean, number, type OptionsOf, readOptions } from '../../core/options.ts'
import type { BatchNormOptions } from './batch-norm.ts'

const options = {
  /** Weight of the old average. @default 0.99 */
  momentum: number({ min: 0, max: 1 }, 0.99),
  /** Added to the variance. @default 1e-3 */
  epsilon: number({ above: 0 }, 1e-3),
  /** Whether there is a β. @default true */
  center: boolean(true),
  /** Whether there is a γ. @default true */
  scale: boolean(true),
}
/** The arguments of Keras's and TensorFlow.js's `BatchNormalization` that have a counterpart here. */
export interface KerasBatchNormalization extends OptionsOf<typeof options> {}

/** The options of a batch normalization like Keras's: its defaults, and one minus its momentum. */
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

/** Keras's state by our names: `gamma` is `weight`, `moving_variance` is `running_var`. Same numbers. */
export function stateFromKeras<T>(
  weights: Partial<Readonly<Record<keyof typeof names, T>>>,
): Record<string, T> {
  return Object.fromEntries(
    Object.entries(names).flatMap(([theirs, ours]) => {
      const numbers = weights[theirs as keyof typeof names]
      return numbers === undefined ? [] : [[ours, numbers]]
    }),
  )
}
