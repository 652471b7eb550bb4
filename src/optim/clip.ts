import { mismatch } from '../core/mismatch.ts'
import type { Tensor } from '../core/tensor.ts'
import type { Variable } from '../core/variable.ts'
import { add, div, mul, neg } from '../ops/arithmetic.ts'
import { greater, where } from '../ops/compare.ts'
import { type Hyperparameter, hyperparameterAt } from './hyperparameter.ts'
import { elementMax, elementMin, globalNorm, unitNorm } from './norm.ts'
import { above, checkOptions, expression, type Options, threshold } from './options.ts'

/** How gradients are kept from being too large. */
export type Clip = ClipValue | ClipNorm | ClipAdaptive

/** Each number of a gradient by itself: to −value … value. As PyTorch's `clip_grad_value_`. */
export interface ClipValue {
  /** > 0. */
  readonly value: Hyperparameter
}

/**
 * All gradients by one factor, so that they keep their direction. As PyTorch's `clip_grad_norm_`:
 *
 *     g ← g · min(1, norm / (√Σg² + 1e-6))        Σ over all weights
 *
 * Source: Pascanu, Mikolov & Bengio 2013, https://arxiv.org/abs/1211.5063, algorithm 1.
 */
export interface ClipNorm {
  /** The greatest norm of all gradients together, > 0. */
  readonly norm: Hyperparameter
}

/**
 * The gradient of each unit (a row of a weight, or a whole vector) by the norm of its weights:
 *
 *     g ← g · min(1, adaptive · max(‖w‖, eps) / max(‖g‖, 1e-6))
 *
 * Source: Brock et al. 2021, https://arxiv.org/abs/2102.06171, equation 3, which leaves the last layer out.
 */
export interface ClipAdaptive {
  /** How large a gradient may be beside its weights, > 0; the paper has 0.01. */
  readonly adaptive: Hyperparameter
  /** The least norm of weights, so that zeros can learn, > 0; 1e-3. */
  readonly eps?: number
  /** A regular expression: weights in whose state names it is found are left alone. */
  readonly except?: string
}

const tables: Readonly<Record<string, Options>> = {
  value: { value: threshold },
  norm: { norm: threshold },
  adaptive: { adaptive: threshold, eps: above, except: expression },
}

/** The options of a way to clip, by what it has. */
export function clipTable(who: string, clip: unknown): Options {
  const isObject = typeof clip === 'object' && clip !== null
  const kinds = isObject ? Object.keys(tables).filter((kind) => kind in clip) : []
  if (kinds.length === 1) return tables[kinds[0]!]!
  throw mismatch(who, 'clip as one of { value }, { norm } and { adaptive }', clip)
}

/** @throws {ArgumentError} when it is none of the ways to clip. */
export function checkClip(who: string, clip: Clip): Clip {
  checkOptions(`${who}: clip`, clipTable(who, clip), { ...clip }, [])
  return clip
}

/** Gradients, none too large. */
export function clipped(
  clip: Clip,
  gradients: readonly Tensor[],
  weights: readonly { readonly name: string; readonly w: Variable }[],
  host: (name: string, value: (step: number) => number) => Tensor,
): Tensor[] {
  const limit = (value: Hyperparameter): Tensor | number =>
    typeof value === 'number' ? value : host('clip', (step) => hyperparameterAt(value, step))
  if ('value' in clip) {
    const most = limit(clip.value)
    const least = typeof most === 'number' ? -most : neg(most)
    return gradients.map((g) => where(greater(g, most), most, elementMax(g, least)))
  }
  if ('norm' in clip) {
    const factor = elementMin(div(limit(clip.norm), add(globalNorm(gradients), 1e-6)), 1)
    return gradients.map((g) => mul(g, factor))
  }
  const { eps = 1e-3, except } = clip
  const ratio = limit(clip.adaptive)
  return gradients.map((g, i) => {
    const { name, w } = weights[i]!
    if (except !== undefined && new RegExp(except).test(name)) return g
    const most = mul(elementMax(unitNorm(w.value), eps), ratio)
    return mul(g, elementMin(div(most, elementMax(unitNorm(g), 1e-6)), 1))
  })
}
