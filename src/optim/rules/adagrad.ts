import { add, div, mul, sqrt, sub } from '../../ops/arithmetic.ts'
import type { Hyperparameter } from '../hyperparameter.ts'
import { type CommonOptions, type Optimizer, optimizer } from '../optimizer.ts'
import { positive, rate } from '../options.ts'
import type { Rule } from '../rule.ts'
import { penalized } from '../weight-decay.ts'

export interface AdagradOptions extends CommonOptions<AdagradOptions> {
  /** How fast the rate falls besides: by 1 + step · lrDecay, ≥ 0; 0. */
  readonly lrDecay?: number
  /** L2 penalty, ≥ 0; 0. */
  readonly weightDecay?: Hyperparameter
  /** What the sums of squares begin with, ≥ 0; 0. */
  readonly initialAccumulatorValue?: number
  /** Added to the root, ≥ 0; 1e-10. */
  readonly eps?: number
}

/** Adagrad's rule, as PyTorch has it. */
export const adagradRule: Rule<AdagradOptions> = {
  type: 'adagrad',
  options: { lrDecay: positive, weightDecay: rate, initialAccumulatorValue: positive, eps: positive },
  defaults: { lrDecay: 0, weightDecay: 0, initialAccumulatorValue: 0, eps: 1e-10 },
  buffers: ({ initialAccumulatorValue = 0 }) => ({ sum: initialAccumulatorValue }),
  update(at) {
    const { lrDecay = 0, eps = 0 } = at.options
    const g = penalized(at)
    const size = at.host('size', (step) => at.rate(step) / (1 + step * lrDecay))
    const sum = at.buffer('sum')
    const squares = add(sum.value, mul(g, g))
    sum.assign(squares)
    return sub(at.w, div(mul(g, size), add(sqrt(squares), eps)))
  },
}

/**
 * Adagrad, as PyTorch's `optim.Adagrad`:
 *
 *     g ← dL/dw + weightDecay · w        s ← s + g²
 *     w ← w − lr/(1 + (t − 1) · lrDecay) · g / (√s + eps)
 *
 * Source: Duchi, Hazan & Singer 2011, https://jmlr.org/papers/v12/duchi11a.html, figure 1 with a diagonal matrix.
 *
 * @throws {ArgumentError} when an option is unknown or out of range.
 */
export const adagrad = (options: AdagradOptions): Optimizer => optimizer(adagradRule, options)
