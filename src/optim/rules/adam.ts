import { boolean, number, type OptionsOf, type ValuesOf } from '../../core/options.ts'
import type { Tensor } from '../../core/tensor.ts'
import { div, mul, sub } from '../../ops/arithmetic.ts'
import { schedulable } from '../../schedule/schedulable.ts'
import { elementMax } from '../norm.ts'
import { type CommonOptions, defineOptimizer } from '../optimizer.ts'
import type { Update } from '../rule.ts'
import type { EquilibriumRule } from '../traits.ts'
import { decayed, penalized, penalty } from '../weight-decay.ts'
import { adaptive, betas, epsilon, filledPart, momentAverages, root } from './moment.ts'

const adamOptions = {
  ...betas,
  ...epsilon,
  ...penalty,
  /** Whether to divide by the root of the largest v (mean of g²) so far instead of the latest v. @default false */
  amsgrad: boolean(false),
}
const adamwOptions = {
  ...adamOptions,
  /** Weight decay, decoupled from the gradient: w ← w · (1 − lr · weightDecay). @default 0.01 */
  weightDecay: schedulable(number({ min: 0 }, 0.01)),
}
type Values = ValuesOf<typeof adamOptions>
type StepValues = Pick<Values, 'beta1' | 'beta2' | 'eps'> & Partial<Pick<Values, 'amsgrad'>>

export interface AdamOptions extends OptionsOf<typeof adamOptions>, CommonOptions<typeof adamOptions> {}
export interface AdamwOptions extends OptionsOf<typeof adamwOptions>, CommonOptions<typeof adamwOptions> {}

const buffers = ({ amsgrad }: Values): Readonly<Record<string, number>> => ({
  exp_avg: 0,
  exp_avg_sq: 0,
  ...(amsgrad && { max_exp_avg_sq: 0 }),
})

/** Returns Adam's step t, which is subtracted from a weight: lr · m/(1 − beta1ᵗ) / (√(v/(1 − beta2ᵗ)) + eps). */
export function adamStep(at: Update<StepValues>, g: Tensor): Tensor {
  const { eps, amsgrad = false } = at.options
  const [mean, square] = momentAverages(at, g)
  const size = at.host(
    'size',
    (step) => (at.rate(step) * Math.sqrt(filledPart(at, 'beta2', step))) / filledPart(at, 'beta1', step),
  )
  if (!amsgrad) return div(mul(mean, size), root(at, square, eps))
  const greatest = at.buffer('max_exp_avg_sq')
  return div(mul(mean, size), root(at, greatest.assign(elementMax(greatest.value, square)), eps))
}

const equilibrium: EquilibriumRule = {
  at: (product, momentum) => ({
    angle: Math.sqrt((2 * product * (1 - momentum)) / (1 + momentum)),
    drift: Math.sqrt(2 * product),
    time: 1 / (2 * product),
  }),
  decayFor: (drift, rate) => drift ** 2 / (2 * rate),
}

/**
 * Adam, like PyTorch's `optim.Adam`; in step t = 1, 2, …:
 *
 *     g ← dL/dw + weightDecay · w
 *     m ← beta1 · m + (1 − beta1) · g        v ← beta2 · v + (1 − beta2) · g²
 *     w ← w − lr · m/(1 − beta1ᵗ) / (√(v/(1 − beta2ᵗ)) + eps)        (amsgrad: v is the greatest so far)
 *
 * Source: Kingma & Ba 2015, https://arxiv.org/abs/1412.6980, algorithm 1; amsgrad: Reddi et al. 2018,
 * https://arxiv.org/abs/1904.09237, algorithm 2.
 */
export const adam = defineOptimizer<typeof adamOptions, AdamOptions>({
  type: 'adam',
  options: adamOptions,
  elementwise: true,
  buffers,
  traits: ({ beta1 }) => ({ ...adaptive, momentum: beta1 }),
  update: (at) => sub(at.w, adamStep(at, penalized(at))),
})

/**
 * Adam with decoupled weight decay, like PyTorch's `optim.AdamW`: w ← w · (1 − lr · weightDecay), then a step
 * of Adam without an L2 penalty.
 *
 * Source: Loshchilov & Hutter 2019, https://arxiv.org/abs/1711.05101, algorithm 2.
 */
export const adamw = defineOptimizer<typeof adamwOptions, AdamwOptions>({
  type: 'adamw',
  options: adamwOptions,
  elementwise: true,
  buffers,
  traits: ({ beta1 }) => ({ ...adaptive, momentum: beta1, decoupled: true, equilibrium }),
  update: (at) => sub(decayed(at), adamStep(at, at.g)),
})
