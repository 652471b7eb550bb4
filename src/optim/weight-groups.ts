import { ArgumentError } from '../core/errors.ts'
import { mismatch } from '../core/mismatch.ts'
import { number, type OptionsOf, readOptions, required, size } from '../core/options.ts'
import { variables } from '../core/state.ts'
import type { Members } from './group.ts'

/**
 * Returns a list with one parameter group, which exempts weights with at most one axis from weight decay: biases, γ
 * and β of normalization layers, and others, such as the scale of a residual branch.
 *
 * @example optim.adamw({ lr: 1e-3, groups: optim.noDecayOnNormAndBias() })
 */
export const noDecayOnNormAndBias = (): readonly (Members & { readonly weightDecay: 0 })[] => [
  { maxRank: 1, weightDecay: 0 },
]

const unfreezing = {
  /** Number of steps after which the next layer begins to learn. */
  every: required(size),
}

/**
 * Returns parameter groups, one per layer, with lower learning rates in earlier layers: lr in the last of n layers,
 * lr · decay in the layer before, …, lr · decayⁿ⁻¹ in the first.
 *
 * @param layers prefixes of the layers' state names, from input to output, such as `layersOf(model)`; weights outside
 *   these layers keep the rate lr
 * @param decay ratio of a layer's learning rate to the next layer's, > 0 and ≤ 1
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
    match: beginsWith(layer),
    lrScale: decay ** (layers.length - 1 - i),
  }))
}

/**
 * Returns parameter groups, one per layer, that unfreeze a model gradually: the last layer learns from step 0, the one
 * before from step `every`, …, the first of n layers from step (n − 1) · every. Weights outside these layers learn from
 * step 0.
 *
 * Source: Howard & Ruder 2018, https://arxiv.org/abs/1801.06146, section 3.3.
 *
 * @param layers prefixes of the layers' state names, from input to output, such as `layersOf(model, 1)`
 * @param every number of steps from one layer to the next
 * @throws {ArgumentError} when `every` is not a positive integer, or there are no layers.
 * @example optim.adamw({ lr: 1e-3, groups: optim.gradualUnfreezing(optim.layersOf(model, 1), { every: 500 }) })
 */
export function gradualUnfreezing(
  layers: readonly string[],
  given: OptionsOf<typeof unfreezing>,
): readonly (Members & { readonly from: number })[] {
  const { every } = readOptions('gradualUnfreezing', unfreezing, given)
  if (layers.length === 0) throw new ArgumentError('gradualUnfreezing: wanted one or more layers, got none')
  return layers.map((layer, i) => ({ match: beginsWith(layer), from: (layers.length - 1 - i) * every }))
}

/** Returns a regular expression that matches the state names of a layer's weights. */
const beginsWith = (layer: string): string => `^${layer.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\.`

/**
 * Lists the layers of a model, in the order of its fields, as the prefixes of their weights' state names.
 *
 * @param depth maximum number of dot-separated names in a prefix, ≥ 1: with 1, `block1.conv.weight` and
 *   `block1.bn.weight` are in one layer, `block1`. @default Infinity
 */
export function layersOf(model: object, depth: number = Number.POSITIVE_INFINITY): readonly string[] {
  if (!(depth >= 1)) throw mismatch('layersOf', 'depth as a positive integer', depth)
  const trained = [...variables(model)].filter(([, variable]) => variable.trainable)
  const paths = trained.map(([name]) => name.split('.').slice(0, -1).slice(0, depth).join('.'))
  return [...new Set(paths)].filter((path) => path !== '')
}
