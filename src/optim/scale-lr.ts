import { mismatch, unknownName } from '../core/mismatch.ts'
import { type Schedule, scaled } from '../schedule/index.ts'

export interface ScaleLrOptions {
  /** Examples an optimizer step: all workers', all accumulated ones. > 0. */
  readonly batchSize: number
  /** The examples a step that the rate was meant for, > 0; 256. */
  readonly base?: number
  /** In proportion to the batch, for SGD, or to its root, for Adam and its kin; `linear`. */
  readonly rule?: 'linear' | 'sqrt'
}

/**
 * A learning rate for another batch size: lr · batchSize/base, or lr · √(batchSize/base).
 *
 * Source: Goyal et al. 2017, https://arxiv.org/abs/1706.02677, section 2.1 (linear); Krizhevsky 2014,
 * https://arxiv.org/abs/1404.5997, section 5 (root). Large rates want a warmup.
 *
 * @throws {ArgumentError} when an option is out of range.
 * @example optim.scaleLr(0.1, { batchSize: 1024 }) // 0.4
 */
export function scaleLr(lr: number, options: ScaleLrOptions): number
export function scaleLr(lr: Schedule, options: ScaleLrOptions): Schedule
export function scaleLr(
  lr: number | Schedule,
  { batchSize, base = 256, rule = 'linear' }: ScaleLrOptions,
): number | Schedule {
  for (const [name, value] of Object.entries({ batchSize, base })) {
    if (!(value > 0 && Number.isFinite(value))) throw mismatch('scaleLr', `${name} as a number > 0`, value)
  }
  if (rule !== 'linear' && rule !== 'sqrt') throw unknownName('scaleLr', ['linear', 'sqrt'], rule, 'rule as ')
  const factor = rule === 'linear' ? batchSize / base : Math.sqrt(batchSize / base)
  return typeof lr === 'number' ? lr * factor : scaled(lr, { factor })
}
