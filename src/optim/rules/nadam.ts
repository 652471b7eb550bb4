import { add, div, mul, sub } from '../../ops/arithmetic.ts'
import type { Hyperparameter } from '../hyperparameter.ts'
import { type CommonOptions, type Optimizer, optimizer } from '../optimizer.ts'
import { decay, flag, positive, rate } from '../options.ts'
import type { Rule } from '../rule.ts'
import { decayed, penalized } from '../weight-decay.ts'
import { type Betas, filledPart, memoized, momentAverages, root } from './moment.ts'

export interface NadamOptions extends CommonOptions<NadamOptions>, Betas {
  /** Added to the root, ≥ 0; 1e-8. */
  readonly eps?: number
  /** ≥ 0; 0. */
  readonly weightDecay?: Hyperparameter
  /** How fast the momentum comes to `beta1` from half of it, ≥ 0; 0.004. */
  readonly momentumDecay?: number
  /** Whether weight decay is apart from the gradient, as in AdamW; false. */
  readonly decoupledWeightDecay?: boolean
}

/** NAdam's rule, as PyTorch has it. */
export const nadamRule: Rule<NadamOptions> = {
  type: 'nadam',
  options: {
    beta1: decay,
    beta2: decay,
    eps: positive,
    weightDecay: rate,
    momentumDecay: positive,
    decoupledWeightDecay: flag,
  },
  defaults: {
    beta1: 0.9,
    beta2: 0.999,
    eps: 1e-8,
    weightDecay: 0,
    momentumDecay: 0.004,
    decoupledWeightDecay: false,
  },
  buffers: () => ({ exp_avg: 0, exp_avg_sq: 0 }),
  update(at) {
    const { eps = 0, momentumDecay = 0, decoupledWeightDecay } = at.options
    const mu = (step: number): number =>
      at.value('beta1', step) * (1 - 0.5 * 0.96 ** ((step + 1) * momentumDecay))
    // PyTorch's state mu_product: a function of the step, so it needs no variable.
    const product = memoized((before, step) => before * mu(step), 1)
    // The momentum of the next step is meant at this step's beta1, as in PyTorch.
    const ahead = (step: number): number =>
      at.value('beta1', step) * (1 - 0.5 * 0.96 ** ((step + 2) * momentumDecay))
    const size = (step: number): number => at.rate(step) * Math.sqrt(filledPart(at, 'beta2', step))
    const now = at.host('now', (step) => (size(step) * (1 - mu(step))) / (1 - product(step)))
    const next = at.host('next', (step) => (size(step) * ahead(step)) / (1 - product(step) * ahead(step)))

    const g = decoupledWeightDecay ? at.g : penalized(at)
    const [mean, square] = momentAverages(at, g)
    const direction = div(add(mul(g, now), mul(mean, next)), root(at, square, eps))
    return sub(decoupledWeightDecay ? decayed(at) : at.w, direction)
  },
}

/**
 * Adam with Nesterov's momentum, as PyTorch's `optim.NAdam`; m and v as in Adam:
 *
 *     μₜ = beta1 · (1 − ½ · 0.96^(t · momentumDecay))        Πₜ = μ₁ · … · μₜ
 *     m̂ = μₜ₊₁ · m/(1 − Πₜ₊₁) + (1 − μₜ) · g/(1 − Πₜ)
 *     w ← w − lr · m̂ / (√(v/(1 − beta2ᵗ)) + eps)
 *
 * Source: Dozat 2016, https://openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ, algorithm 2.
 *
 * @throws {ArgumentError} when an option is unknown or out of range.
 */
export const nadam = (options: NadamOptions): Optimizer => optimizer(nadamRule, options)
