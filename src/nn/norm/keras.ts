import type { BatchNormOptions } from './batch-norm.ts'

/** The arguments of Keras's and TensorFlow.js's `BatchNormalization` that have a counterpart here. */
export interface KerasBatchNormalization {
  /** The weight of the old average; 0.99. */
  readonly momentum?: number
  /** 1e-3. */
  readonly epsilon?: number
  /** Whether there is a β; true. */
  readonly center?: boolean
  /** Whether there is a γ; true. */
  readonly scale?: boolean
}

/** The options that make a batch normalization as Keras's would: its defaults, its momentum turned round. */
export function fromKeras({
  momentum = 0.99,
  epsilon = 1e-3,
  center = true,
  scale = true,
}: KerasBatchNormalization = {}): BatchNormOptions {
  const affine = scale === center ? scale : scale ? 'weight' : 'bias'
  return { momentum: 1 - momentum, eps: epsilon, affine }
}

const names = {
  gamma: 'weight',
  beta: 'bias',
  moving_mean: 'running_mean',
  moving_variance: 'running_var',
} as const

/** Keras's state by our names: `gamma` is `weight`, `moving_variance` is `running_var`. The numbers stay. */
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
