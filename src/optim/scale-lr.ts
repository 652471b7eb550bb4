import { choice, number, type OptionsOf, readOptions, required } from '../core/options.ts'
import { type Schedule, scaled } from '../schedule/index.ts'

const options = {
  /** Number of examples per optimizer step, summed over all workers and micro-batches. */
  batchSize: required(number({ above: 0 })),
  /** Number of examples per optimizer step with which `lr` was tuned. @default 256 */
  base: number({ above: 0 }, 256),
  /** Factor of lr: the ratio of batch sizes (usual for SGD), or its square root (Adam). @default 'linear' */
  rule: choice(['linear', 'sqrt'], 'linear'),
}

export interface ScaleLrOptions extends OptionsOf<typeof options> {}

/**
 * Returns the learning rate for `batchSize`, given `lr` for the batch size `base`: lr · batchSize/base or, with
 * `rule: 'sqrt'`, lr · √(batchSize/base).
 *
 * Source: Goyal et al. 2017, https://arxiv.org/abs/1706.02677, section 2.1 (linear); Krizhevsky 2014,
 * https://arxiv.org/abs/1404.5997, section 5 (root). High rates need a warmup.
 *
 * @throws {ArgumentError} when an option is unknown or out of range.
 * @example optim.scaleLr(0.1, { batchSize: 1024 }) // 0.4
 */
export function scaleLr(lr: number, options: ScaleLrOptions): number
export function scaleLr(lr: Schedule, options: ScaleLrOptions): Schedule
export function scaleLr(lr: number | Schedule, given: ScaleLrOptions): number | Schedule {
  const { batchSize, base, rule } = readOptions('scaleLr', options, given)
  const factor = rule === 'linear' ? batchSize / base : Math.sqrt(batchSize / base)
  return typeof lr === 'number' ? lr * factor : scaled(lr, { factor })
}
