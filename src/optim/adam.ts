import type { Tensor } from '../core/tensor.ts'
import { add, div, mul, sqrt, sub } from '../ops/arithmetic.ts'
import {
  type CommonOptions,
  type Hyperparameter,
  type Optimizer,
  optimizer,
  type Rule,
  type Update,
  valueAt,
} from './optimizer.ts'
import { decay, positive, rate } from './options.ts'

export interface AdamOptions extends CommonOptions<AdamOptions> {
  /** The weight of the old in the mean of gradients, in [0, 1); 0.9. */
  readonly beta1?: Hyperparameter
  /** The weight of the old in the mean of squared gradients, in [0, 1); 0.999. */
  readonly beta2?: Hyperparameter
  /** Added to the root, ≥ 0; 1e-8. */
  readonly eps?: number
  /** ≥ 0; 0 for Adam, 0.01 for AdamW. */
  readonly weightDecay?: Hyperparameter
}

const table = { lr: rate, beta1: decay, beta2: decay, eps: positive, weightDecay: rate }
const defaults = { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0 }
const buffers = (): readonly string[] => ['exp_avg', 'exp_avg_sq']

/** What Adam goes along: the mean of gradients over the root of the mean of squares, both without their bias. */
function direction({ options, hyper, host, buffer }: Update<AdamOptions>, slope: Tensor): Tensor {
  const { beta1 = 0, beta2 = 0, eps = 0 } = options
  const blend = (name: string, beta: Tensor, next: Tensor): Tensor => {
    const average = buffer(name)
    average.assign(add(mul(average.value, beta), mul(next, sub(1, beta))))
    return average.value
  }
  const unbias = (beta: Hyperparameter): Tensor => host((step) => 1 - valueAt(beta, step) ** (step + 1))
  const mean = blend('exp_avg', hyper('beta1'), slope)
  const square = blend('exp_avg_sq', hyper('beta2'), mul(slope, slope))
  const root = add(div(sqrt(square), sqrt(unbias(beta2))), eps)
  return div(div(mean, unbias(beta1)), root)
}

/** Adam's rule, as PyTorch has it. */
export const adamRule: Rule<AdamOptions> = {
  type: 'adam',
  options: table,
  defaults,
  buffers,
  update(at) {
    const slope = at.options.weightDecay === 0 ? at.g : add(at.g, mul(at.w, at.hyper('weightDecay')))
    return sub(at.w, mul(direction(at, slope), at.lr))
  },
}

/** AdamW's rule, as PyTorch has it. */
export const adamwRule: Rule<AdamOptions> = {
  type: 'adamw',
  options: table,
  defaults: { ...defaults, weightDecay: 0.01 },
  buffers,
  update(at) {
    const { options, w, lr, hyper } = at
    const kept = options.weightDecay === 0 ? w : mul(w, sub(1, mul(lr, hyper('weightDecay'))))
    return sub(kept, mul(direction(at, at.g), lr))
  },
}

/**
 * Adam, as PyTorch's `optim.Adam`:
 *
 *     g ← dL/dw + weightDecay · w
 *     m ← beta1 · m + (1 − beta1) · g        v ← beta2 · v + (1 − beta2) · g²
 *     w ← w − lr · m/(1 − beta1ᵗ) / (√(v/(1 − beta2ᵗ)) + eps)
 *
 * Source: Kingma & Ba 2015, https://arxiv.org/abs/1412.6980, algorithm 1.
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
