import { type Hyperparameter, number, type OptionsOf } from '../../core/options.ts'
import type { Tensor } from '../../core/tensor.ts'
import { hyperparameterAt } from '../../core/variable.ts'
import { add, div, mul, sub } from '../../ops/arithmetic.ts'
import { schedulable } from '../../schedule/schedulable.ts'
import { type CommonOptions, defineOptimizer } from '../optimizer.ts'
import type { Update, WeightOptions } from '../rule.ts'
import { decay } from '../weight-decay.ts'
import { adaptive, betas, blend, epsilon, filledPart, memoized, root } from './moment.ts'

const sgdOptions = {
  /** Share of x, the average of SGD's iterates z, in the weights y = (1 − momentum)z + momentum · x. @default 0.9 */
  momentum: schedulable(number({ min: 0, below: 1 }, 0.9)),
  ...decay,
}
const adamwOptions = {
  ...betas,
  /** Share of x, the average of Adam's iterates z, in the weights y = (1 − beta1)z + beta1 · x. @default 0.9 */
  beta1: betas.beta1,
  ...epsilon,
  ...decay,
}

export interface ScheduleFreeSgdOptions
  extends OptionsOf<typeof sgdOptions>,
    CommonOptions<typeof sgdOptions> {}

export interface ScheduleFreeAdamWOptions
  extends OptionsOf<typeof adamwOptions>,
    CommonOptions<typeof adamwOptions> {}

/** Updates z (weights of plain SGD or Adam), then x, the average of z. @returns y, the next training weights */
function follow<V extends { readonly weightDecay: Hyperparameter }>(
  at: Update<V>,
  interpolation: keyof V & string,
  direction: Tensor,
  size: Tensor,
): Tensor {
  const { options, w, buffer, host } = at
  const decay = (step: number): number => at.rate(step) * at.value('weightDecay', step)
  const scaled = mul(direction, size)
  const slope = options.weightDecay === 0 ? scaled : add(scaled, mul(w, host('decay', decay)))
  const share = newestShare(options)
  const z = buffer('z').assign(sub(buffer('z').value, slope))
  const kept = host('kept', (step) => 1 - share(step))
  const x = buffer('x').assign(add(mul(buffer('x').value, kept), mul(z, host('share', share))))
  return add(mul(z, at.rest(interpolation)), mul(x, at.hyper(interpolation)))
}

/**
 * Returns c, the weight of the newest z in the average x, as a function of the step t: γₜ²/Σγᵢ², with the sum over i
 * ≤ t, and γᵢ the highest scheduled lr up to step i. Factors by which controllers scaled lr are ignored, because a
 * resumed run could not recompute them.
 */
function newestShare({ lr }: WeightOptions): (step: number) => number {
  const greatest = memoized((before, step) => Math.max(before, hyperparameterAt(lr, step)), 0)
  const total = memoized((before, step) => before + greatest(step) ** 2, 0)
  return (step) => (total(step) > 0 ? greatest(step) ** 2 / total(step) : 0)
}

/**
 * Schedule-Free SGD: averages the weights, and needs a warmup but no other schedule. The model has the weights y in
 * training and x, the average of z, in evaluation (see `Attached.evaluation`). In step t:
 *
 *     y = (1 − momentum) · z + momentum · x
 *     z ← z − lr · (dL/dy + weightDecay · y)
 *     x ← (1 − c) · x + c · z        c = γₜ²/Σγᵢ² over i ≤ t, γᵢ: greatest lr up to step i
 *
 * BN's running statistics are measured with the weights y, so evaluation remeasures them with x.
 *
 * Source: Defazio et al. 2024, https://arxiv.org/abs/2405.15682, equations 3 to 5; c as in section 4.
 */
export const scheduleFreeSgd = defineOptimizer<typeof sgdOptions, ScheduleFreeSgdOptions>({
  type: 'scheduleFreeSgd',
  options: sgdOptions,
  elementwise: true,
  traits: ({ momentum }) => ({ momentum, decoupled: true, constantRate: true, testRates: [1e-3, 100] }),
  buffers: () => ({ z: 'weight', x: 'weight' }),
  evaluation: 'x',
  update: (at) => follow(at, 'momentum', at.g, at.lr),
})

/**
 * Schedule-Free AdamW: `scheduleFreeSgd` with dL/dy / (√(v/(1 − beta2ᵗ)) + eps) in place of dL/dy, and v as in
 * `adam`. The weight c of the newest z is computed as in the authors' implementation.
 *
 * Source: Defazio et al. 2024, https://arxiv.org/abs/2405.15682, algorithm 1, with Adam's bias correction and
 * eps.
 */
export const scheduleFreeAdamW = defineOptimizer<typeof adamwOptions, ScheduleFreeAdamWOptions>({
  type: 'scheduleFreeAdamW',
  options: adamwOptions,
  elementwise: true,
  traits: ({ beta1 }) => ({ ...adaptive, momentum: beta1, decoupled: true, constantRate: true }),
  buffers: () => ({ z: 'weight', x: 'weight', exp_avg_sq: 0 }),
  evaluation: 'x',
  update(at) {
    const square = blend(at, 'exp_avg_sq', 'beta2', mul(at.g, at.g))
    const size = at.host('size', (step) => at.rate(step) * Math.sqrt(filledPart(at, 'beta2', step)))
    return follow(at, 'beta1', div(at.g, root(at, square, at.options.eps)), size)
  },
})
