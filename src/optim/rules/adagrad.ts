import { number, type OptionsOf } from '../../core/options.ts'
import { add, div, mul, sqrt, sub } from '../../ops/arithmetic.ts'
import { type CommonOptions, defineOptimizer } from '../optimizer.ts'
import { penalized, penalty } from '../weight-decay.ts'
import { adaptive } from './moment.ts'

const options = {
  /** Divides the learning rate by 1 + step · lrDecay, with steps counted from 0. @default 0 */
  lrDecay: number({ min: 0 }, 0),
  ...penalty,
  /** Initial value of s, the sum of squared gradients. @default 0 */
  initialAccumulatorValue: number({ min: 0 }, 0),
  /** Added to the divisor √s. @default 1e-10 */
  eps: number({ min: 0 }, 1e-10),
}

export interface AdagradOptions extends OptionsOf<typeof options>, CommonOptions<typeof options> {}

/**
 * Adagrad, as PyTorch's `optim.Adagrad`:
 *
 *     g ← dL/dw + weightDecay · w        s ← s + g²
 *     w ← w − lr/(1 + (t − 1) · lrDecay) · g / (√s + eps)
 *
 * Source: Duchi, Hazan & Singer 2011, https://jmlr.org/papers/v12/duchi11a.html, figure 1 (diagonal).
 */
export const adagrad = defineOptimizer<typeof options, AdagradOptions>({
  type: 'adagrad',
  options,
  traits: () => adaptive,
  buffers: ({ initialAccumulatorValue }) => ({ sum: initialAccumulatorValue }),
  update(at) {
    const { lrDecay, eps } = at.options
    const g = penalized(at)
    const size = at.host('size', (step) => at.rate(step) / (1 + step * lrDecay))
    const sum = at.buffer('sum')
    const squares = sum.assign(add(sum.value, mul(g, g)))
    return sub(at.w, div(mul(g, size), add(sqrt(squares), eps)))
  },
})
