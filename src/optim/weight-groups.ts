import { ArgumentError } from '../core/errors.ts'
import { mismatch } from '../core/mismatch.ts'
import { number } from '../core/options.ts'
import { variables } from '../core/variable.ts'
import type { Members } from './group.ts'

/**
 * Groups that decay matrices and kernels only: no weight decay on weights of one axis. These are biases and the
 * γ and β of normalizations, whatever they are called, but also others, such as the scale of a residual branch.
 *
 * @example optim.adamw({ lr: 1e-3, groups: optim.noDecayOnNormAndBias() })
 */
export const noDecayOnNormAndBias = (): readonly (Members & { readonly weightDecay: 0 })[] => [
  { maxRank: 1, weightDecay: 0 },
]

/**
 * Groups in which the rate falls from the last layer, lr, to the first, lr · decayⁿ⁻¹.
 *
 * @param layers prefixes of state names from the input to the output, such as `layersOf(model)`; other weights
 *   keep the rate
 * @param decay rate of a layer relative to the next, > 0 and ≤ 1
 * @throws {ArgumentError} when `decay` is out of range, or there are no layers.
 * @example optim.adamw({ lr: 1e-3, groups: [...optim.layerwiseDecay(optim.layersOf(model), 0.75),
 *   ...optim.noDecayOnNormAndBias()] })
 */
export function layerwiseDecay(
  layers: readonly string[],
  decay: number,
): readonly (Members & { readonly lrScale: number })[] {
  number({ above: 0, max: 1 }).read('layerwiseDecay', 'decay', decay)
  if (layers.length === 0) throw new ArgumentError('layerwiseDecay: wanted one or more layers, got none')
  return layers.map((layer, i) => ({
    match: `^${layer.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\.`,
    lrScale: decay ** (layers.length - 1 - i),
  }))
}

/**
 * The layers of a model in the order of its fields: the state names of its trained weights without the last
 * part, cut to `depth` parts.
 *
 * @param depth ≥ 1. With 1, `block1.conv.weight` and `block1.bn.weight` are one layer. @default all parts
 */
export function layersOf(model: object, depth: number = Number.POSITIVE_INFINITY): readonly string[] {
  if (!(depth >= 1)) throw mismatch('layersOf', 'depth as a positive integer', depth)
  const trained = [...variables(model)].filter(([, variable]) => variable.trainable)
  const paths = trained.map(([name]) => name.split('.').slice(0, -1).slice(0, depth).join('.'))
  return [...new Set(paths)].filter((path) => path !== '')
}
