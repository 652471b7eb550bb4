import { number, type OptionsOf } from '../../core/options.ts'
import { add, div, mul, sqrt, sub } from '../../ops/arithmetic.ts'
import { type CommonOptions, defineOptimizer } from '../optimizer.ts'
import { penalized, penalty } from '../weight-decay.ts'
import { adaptive } from './moment.ts'

const options = {
  /** Decay of the learning rate: at step t = 0, 1, …, lr is divided by 1 + t · lrDecay. @default 0 */
  lrDecay: number({ min: 0 }, 0),
  ...penalty,
  /** Initial value of each element of s, the sum of squared gradients over all steps. @default 0 */
  initialAccumulatorValue: number({ min: 0 }, 0),
  /** Small number added to the divisor √s, where s is the sum of squared gradients. @default 1e-10 */
  eps: number({ min: 0 }, 1e-10),
}

export interface AdagradOptions extends OptionsOf<typeof options>, CommonOptions<typeof options> {}

/**
 * Adagrad, like PyTorch's `optim.Adagrad`; in step t = 1, 2, …:
 *
 *     g ← dL/dw + weightDecay · w        s ← s + g²
 *     w ← w − lr/(1 + (t − 1) · lrDecay) · g / (√s + eps)
 *
 * Source: Duchi, Hazan & Singer 2011, https://jmlr.org/papers/v12/duchi11a.html, figure 1 (diagonal).
 */
export const adagrad = defineOptimizer<typeof options, AdagradOptions>({
  type: 'adagrad',
  options,
  elementwise: true,
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
