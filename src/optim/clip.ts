import { boundedAt } from '../core/bounds.ts'
import { mismatch } from '../core/mismatch.ts'
import {
  type Declared,
  type Hyperparameter,
  number,
  type OptionsOf,
  readOptions,
  required,
  type ValuesOf,
} from '../core/options.ts'
import type { Tensor } from '../core/tensor.ts'
import { hyperparameterAt } from '../core/variable.ts'
import { add, div, mul, neg } from '../ops/arithmetic.ts'
import { greater, where } from '../ops/compare.ts'
import { schedulable } from '../schedule/schedulable.ts'
import { expression } from './group.ts'
import { atMostOne, elementMax, globalNorm, unitNorm } from './norm.ts'
import type { Assignable } from './rule.ts'

const kinds = {
  value: {
    /** Maximum absolute value of each element of a clipped gradient. */
    value: required(schedulable(number({ above: 0 }))),
  },
  norm: {
    /** Maximum Euclidean norm of all clipped gradients concatenated. */
    norm: required(schedulable(number({ above: 0 }))),
  },
  adaptive: {
    /** Maximum ratio ‖g‖/‖w‖ of the norm of a clipped gradient to the norm of its weight; 0.01 in the paper. */
    adaptive: required(schedulable(number({ above: 0 }))),
    /** Lower bound for ‖w‖ in the ratio ‖g‖/‖w‖, so that weights with value 0 can learn. @default 1e-3 */
    eps: number({ above: 0 }, 1e-3),
    /** Regular expression: weights whose state names match it are exempt from clipping. */
    except: expression,
  },
}

/** Options of gradient clipping: per element, by the norm of all gradients, or relative to weight norms. */
export type Clip = ClipValue | ClipNorm | ClipAdaptive

/** Clips each element of every gradient to [−value, value], like PyTorch's `clip_grad_value_`. */
export interface ClipValue extends OptionsOf<typeof kinds.value> {}

/**
 * Scales all gradients by one common factor, like PyTorch's `clip_grad_norm_`, which preserves their direction:
 *
 *     g ← g · min(1, norm / (√Σg² + 1e-6))        Σ over all elements of all gradients
 *
 * Source: Pascanu, Mikolov & Bengio 2013, https://arxiv.org/abs/1211.5063, algorithm 1.
 */
export interface ClipNorm extends OptionsOf<typeof kinds.norm> {}

/**
 * Limits the gradient g of each unit w (row of a weight, or a whole vector such as a bias) relative to ‖w‖:
 *
 *     g ← g · min(1, adaptive · max(‖w‖, eps) / max(‖g‖, 1e-6))
 *
 * Source: Brock et al. 2021, https://arxiv.org/abs/2102.06171, equation 3; the paper exempts the last layer.
 */
export interface ClipAdaptive extends OptionsOf<typeof kinds.adaptive> {}

/** Options of gradient clipping after checking, with defaults filled in. */
export type Clipping = { [K in keyof typeof kinds]: ValuesOf<(typeof kinds)[K]> }[keyof typeof kinds]

/** Returns the declared options of the kind of clipping that is named by a key of `clip`. @throws {ArgumentError} */
export function clipOptions(who: string, clip: unknown): Declared {
  const isObject = typeof clip === 'object' && clip !== null
  const found = isObject ? Object.entries(kinds).filter(([kind]) => kind in clip) : []
  if (found.length === 1) return found[0]![1]
  throw mismatch(who, 'clip as one of { value }, { norm } and { adaptive }', clip)
}

/** Checks clipping options and fills in defaults. @throws {ArgumentError} */
export const readClip = (who: string, clip: Clip): Clipping =>
  readOptions(`${who}: clip`, clipOptions(who, clip), clip) as Clipping

/** Makes a scalar graph input whose value is a function of the step. */
type Host = (name: string, value: (step: number) => number) => Tensor

const limitOf = (value: Hyperparameter, host: Host): Tensor | number =>
  typeof value === 'number'
    ? value
    : host('clip', (step) => boundedAt('optimizer.clip', hyperparameterAt(value, step), step, { above: 0 }))

/** Returns the factor by which clipping by their common norm scales all gradients. */
export const clippingFactor = (
  { norm }: ValuesOf<typeof kinds.norm>,
  gradients: readonly Tensor[],
  host: Host,
): Tensor => atMostOne(div(limitOf(norm, host), add(globalNorm(gradients), 1e-6)))

/** Returns the clipped gradients. @param weights the weights that they belong to, one by one if `clip` is adaptive */
export function clipped(
  clip: Clipping,
  gradients: readonly Tensor[],
  weights: readonly { readonly name: string; readonly w: Assignable }[],
  host: Host,
): Tensor[] {
  if ('value' in clip) {
    const most = limitOf(clip.value, host)
    const least = typeof most === 'number' ? -most : neg(most)
    return gradients.map((g) => where(greater(g, most), most, elementMax(g, least)))
  }
  if ('norm' in clip) {
    const factor = clippingFactor(clip, gradients, host)
    return gradients.map((g) => mul(g, factor))
  }
  const { eps, except } = clip
  const ratio = limitOf(clip.adaptive, host)
  return gradients.map((g, i) => {
    const { name, w } = weights[i]!
    if (except !== undefined && new RegExp(except).test(name)) return g
    const most = mul(elementMax(unitNorm(w.value), eps), ratio)
    return mul(g, atMostOne(div(most, elementMax(unitNorm(g), 1e-6))))
  })
}
