import { type Hyperparameter, number, type OptionsOf, scheduled } from '../../core/options.ts'
import type { Tensor } from '../../core/tensor.ts'
import { hyperparameterAt } from '../../core/variable.ts'
import { add, div, mul, sub } from '../../ops/arithmetic.ts'
import { type CommonOptions, defineOptimizer } from '../optimizer.ts'
import type { Update, WeightOptions } from '../rule.ts'
import { decay } from '../weight-decay.ts'
import { adaptive, betas, blend, epsilon, filledPart, memoized, root } from './moment.ts'

const sgdOptions = {
  /** Position between z and their average at which gradients are taken. @default 0.9 */
  momentum: scheduled(number({ min: 0, below: 1 }, 0.9)),
  ...decay,
}
const adamwOptions = {
  ...betas,
  /** Position between z and their average at which gradients are taken. @default 0.9 */
  beta1: scheduled(number({ min: 0, below: 1 }, 0.9)),
  ...epsilon,
  ...decay,
}

export interface ScheduleFreeSgdOptions
  extends OptionsOf<typeof sgdOptions>,
    CommonOptions<typeof sgdOptions> {}

export interface ScheduleFreeAdamWOptions
  extends OptionsOf<typeof adamwOptions>,
    CommonOptions<typeof adamwOptions> {}

/** The step of z, then of x; returns y, which training reads. */
function follow<V extends { readonly weightDecay: Hyperparameter }>(
  at: Update<V>,
  interpolation: keyof V & string,
  direction: Tensor,
  size: Tensor,
): Tensor {
  const { options, w, buffer, host } = at
  const slope =
    options.weightDecay === 0
      ? mul(direction, size)
      : add(
          mul(direction, size),
          mul(
            w,
            host('decay', (step) => at.rate(step) * at.value('weightDecay', step)),
          ),
        )
  const share = newestShare(options)
  const z = sub(buffer('z').value, slope)
  const x = add(
    mul(
      buffer('x').value,
      host('kept', (step) => 1 - share(step)),
    ),
    mul(z, host('share', share)),
  )
  buffer('z').assign(z)
  buffer('x').assign(x)
  return add(mul(z, at.rest(interpolation)), mul(x, at.hyper(interpolation)))
}

/**
 * c: the weight of the newest z in the average, γₜ²/Σγᵢ² with γ the greatest rate so far. The rates are those
 * of the schedule, without a controller's factor: that makes it a function of the step, so that a resumed run
 * is the same.
 */
function newestShare({ lr }: WeightOptions): (step: number) => number {
  const greatest = memoized((before, step) => Math.max(before, hyperparameterAt(lr, step)), 0)
  const total = memoized((before, step) => before + greatest(step) ** 2, 0)
  return (step) => (total(step) > 0 ? greatest(step) ** 2 / total(step) : 0)
}

/**
 * Schedule-Free SGD: averages the weights, and needs no schedule but a warmup. Training holds the weights at y;
 * evaluation uses x, the average, which `Attached.evaluation` names.
 *
 *     y = (1 − momentum) · z + momentum · x
 *     z ← z − lr · (dL/dy + weightDecay · y)
 *     x ← (1 − c) · x + c · z        c = lrₜ²/Σ lrᵢ², with the greatest rate so far for each
 *
 * BN's running statistics are those at y, so evaluation at x has to recalibrate them.
 *
 * Source: Defazio et al. 2024, https://arxiv.org/abs/2405.15682, equations 3 to 5, with the weights of section
 * 4.
 */
export const scheduleFreeSgd = defineOptimizer<typeof sgdOptions, ScheduleFreeSgdOptions>({
  type: 'scheduleFreeSgd',
  options: sgdOptions,
  traits: ({ momentum }) => ({ momentum, decoupled: true, constantRate: true, testRates: [1e-3, 100] }),
  buffers: () => ({ z: 'weight', x: 'weight' }),
  evaluation: 'x',
  update: (at) => follow(at, 'momentum', at.g, at.lr),
})

/**
 * Schedule-Free AdamW: as `scheduleFreeSgd`, with Adam's division. Its direction is
 * dL/dy / (√(v/(1 − beta2ᵗ)) + eps), and its weights are `lr²` as in the authors' program.
 *
 * Source: Defazio et al. 2024, https://arxiv.org/abs/2405.15682, algorithm 1, with Adam's place for the bias
 * correction and for eps.
 */
export const scheduleFreeAdamW = defineOptimizer<typeof adamwOptions, ScheduleFreeAdamWOptions>({
  type: 'scheduleFreeAdamW',
  options: adamwOptions,
  traits: ({ beta1 }) => ({ ...adaptive, momentum: beta1, decoupled: true, constantRate: true }),
  buffers: () => ({ z: 'weight', x: 'weight', exp_avg_sq: 0 }),
  evaluation: 'x',
  update(at) {
    const square = blend(at, 'exp_avg_sq', 'beta2', mul(at.g, at.g))
    const size = at.host('size', (step) => at.rate(step) * Math.sqrt(filledPart(at, 'beta2', step)))
    return follow(at, 'beta1', div(at.g, root(at, square, at.options.eps)), size)
  },
})
