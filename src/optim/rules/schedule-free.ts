import type { Tensor } from '../../core/tensor.ts'
import { add, div, mul, sub } from '../../ops/arithmetic.ts'
import { type Hyperparameter, hyperparameterAt } from '../hyperparameter.ts'
import { type CommonOptions, type Optimizer, optimizer } from '../optimizer.ts'
import { decay, positive, rate } from '../options.ts'
import type { Rule, SharedOptions, Update } from '../rule.ts'
import { blend, filledPart, memoized, root } from './moment.ts'

export interface ScheduleFreeSgdOptions extends CommonOptions<ScheduleFreeSgdOptions> {
  /** How near to the average gradients are taken, in [0, 1); 0.9. */
  readonly momentum?: Hyperparameter
  /** ≥ 0; 0. */
  readonly weightDecay?: Hyperparameter
}

export interface ScheduleFreeAdamWOptions extends CommonOptions<ScheduleFreeAdamWOptions> {
  /** How near to the average gradients are taken, in [0, 1); 0.9. */
  readonly beta1?: Hyperparameter
  /** The weight of the old in the mean of squared gradients, in [0, 1); 0.999. */
  readonly beta2?: Hyperparameter
  /** Added to the root, ≥ 0; 1e-8. */
  readonly eps?: number
  /** ≥ 0; 0. */
  readonly weightDecay?: Hyperparameter
}

/** The step of z, then of x; returns y, which training reads. */
function follow<Own extends { readonly weightDecay?: Hyperparameter }>(
  at: Update<Own>,
  interpolation: keyof Own & string,
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
 * c: the weight of the newest z in the average, γₜ²/Σγᵢ² with γ the greatest rate so far. The rates are those of the
 * schedule, without a controller's factor: so that it is a function of the step, and a resumed run goes on the same.
 */
function newestShare({ lr }: SharedOptions): (step: number) => number {
  const greatest = memoized((before, step) => Math.max(before, hyperparameterAt(lr, step)), 0)
  const total = memoized((before, step) => before + greatest(step) ** 2, 0)
  return (step) => (total(step) > 0 ? greatest(step) ** 2 / total(step) : 0)
}

/** Schedule-Free SGD's rule. */
export const scheduleFreeSgdRule: Rule<ScheduleFreeSgdOptions> = {
  type: 'scheduleFreeSgd',
  options: { momentum: decay, weightDecay: rate },
  defaults: { momentum: 0.9, weightDecay: 0 },
  buffers: () => ({ z: 'weight', x: 'weight' }),
  evaluation: 'x',
  update: (at) => follow(at, 'momentum', at.g, at.lr),
}

/** Schedule-Free AdamW's rule. */
export const scheduleFreeAdamWRule: Rule<ScheduleFreeAdamWOptions> = {
  type: 'scheduleFreeAdamW',
  options: { beta1: decay, beta2: decay, eps: positive, weightDecay: rate },
  defaults: { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0 },
  buffers: () => ({ z: 'weight', x: 'weight', exp_avg_sq: 0 }),
  evaluation: 'x',
  update(at) {
    const square = blend(at, 'exp_avg_sq', 'beta2', mul(at.g, at.g))
    const size = at.host('size', (step) => at.rate(step) * Math.sqrt(filledPart(at, 'beta2', step)))
    return follow(at, 'beta1', div(at.g, root(at, square, at.options.eps ?? 0)), size)
  },
}

/**
 * Schedule-Free SGD: an average that needs no schedule but a warmup. Training holds the weights at y; evaluation is
 * at x, the average, which `Attached.evaluation` names.
 *
 *     y = (1 − momentum) · z + momentum · x
 *     z ← z − lr · (dL/dy + weightDecay · y)
 *     x ← (1 − c) · x + c · z        c = lrₜ²/Σ lrᵢ², with the greatest rate so far for each
 *
 * BN's running statistics are those at y, so that evaluation at x has to measure them anew.
 *
 * Source: Defazio et al. 2024, https://arxiv.org/abs/2405.15682, equations 3 to 5, with the weights of section 4.
 *
 * @throws {ArgumentError} when an option is unknown or out of range.
 */
export const scheduleFreeSgd = (options: ScheduleFreeSgdOptions): Optimizer =>
  optimizer(scheduleFreeSgdRule, options)

/**
 * Schedule-Free AdamW: as `scheduleFreeSgd`, with Adam's division. Its direction is
 * dL/dy / (√(v/(1 − beta2ᵗ)) + eps), and its weights are `lr²` as in the authors' program.
 *
 * Source: Defazio et al. 2024, https://arxiv.org/abs/2405.15682, algorithm 1, with Adam's place for the bias
 * correction and for eps.
 *
 * @throws {ArgumentError} when an option is unknown or out of range.
 */
export const scheduleFreeAdamW = (options: ScheduleFreeAdamWOptions): Optimizer =>
  optimizer(scheduleFreeAdamWRule, options)
