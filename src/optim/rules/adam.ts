import type { Tensor } from '../../core/tensor.ts'
import { div, mul, sub } from '../../ops/arithmetic.ts'
import type { Hyperparameter } from '../hyperparameter.ts'
import { type CommonOptions, type Optimizer, optimizer } from '../optimizer.ts'
import { decay, flag, positive, rate } from '../options.ts'
import type { Rule, Update } from '../rule.ts'
import { decayed, penalized } from '../weight-decay.ts'
import { type Betas, filledPart, momentAverages, root, runningMaximum } from './moment.ts'

export interface AdamOptions extends CommonOptions<AdamOptions>, Betas {
  /** Added to the root, ≥ 0; 1e-8. */
  readonly eps?: number
  /** ≥ 0; 0 for Adam, 0.01 for AdamW. */
  readonly weightDecay?: Hyperparameter
  /** Whether to divide by the greatest mean of squares so far; false. */
  readonly amsgrad?: boolean
}

const common: Pick<Rule<AdamOptions>, 'options' | 'buffers'> = {
  options: { beta1: decay, beta2: decay, eps: positive, weightDecay: rate, amsgrad: flag },
  buffers: ({ amsgrad }) => ({ exp_avg: 0, exp_avg_sq: 0, ...(amsgrad && { max_exp_avg_sq: 0 }) }),
}
const defaults = { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0, amsgrad: false }

/** The step along the mean of gradients over the root of the mean of squares, both without their bias. */
function step(at: Update<AdamOptions>, g: Tensor): Tensor {
  const { eps = 0, amsgrad } = at.options
  const [mean, square] = momentAverages(at, g)
  const size = at.host(
    'size',
    (step) => (at.rate(step) * Math.sqrt(filledPart(at, 'beta2', step))) / filledPart(at, 'beta1', step),
  )
  return div(mul(mean, size), root(at, amsgrad ? runningMaximum(at, 'max_exp_avg_sq', square) : square, eps))
}

/** Adam's rule, as PyTorch has it. */
export const adamRule: Rule<AdamOptions> = {
  type: 'adam',
  ...common,
  defaults,
  update: (at) => sub(at.w, step(at, penalized(at))),
}

/** AdamW's rule, as PyTorch has it. */
export const adamwRule: Rule<AdamOptions> = {
  type: 'adamw',
  ...common,
  defaults: { ...defaults, weightDecay: 0.01 },
  update: (at) => sub(decayed(at), step(at, at.g)),
}

/**
 * Adam, as PyTorch's `optim.Adam`:
 *
 *     g ← dL/dw + weightDecay · w
 *     m ← beta1 · m + (1 − beta1) · g        v ← beta2 · v + (1 − beta2) · g²
 *     w ← w − lr · m/(1 − beta1ᵗ) / (√(v/(1 − beta2ᵗ)) + eps)        (amsgrad: the greatest v so far)
 *
 * Source: Kingma & Ba 2015, https://arxiv.org/abs/1412.6980, algorithm 1; amsgrad: Reddi et al. 2018,
 * https://arxiv.org/abs/1904.09237, algorithm 2.
 *
 * @throws {ArgumentError} when an option is unknown or out of range.
 */
export const adam = (options: AdamOptions): Optimizer => optimizer(adamRule, options)

/**
 * Adam with weight decay apart from the gradient, as PyTorch's `optim.AdamW`: first `w ← w · (1 − lr · weightDecay)`,
 * then Adam's step without a penalty.
 *
 * Source: Loshchilov & Hutter 2019, https://arxiv.org/abs/1711.05101, algorithm 2.
 *
 * @throws {ArgumentError} when an option is unknown or out of range.
 */
export const adamw = (options: AdamOptions): Optimizer => optimizer(adamwRule, options)
