import { ArgumentError } from '../core/errors.ts'
import { gradients } from '../core/grad.ts'
import { setName } from '../core/names.ts'
import type { Tensor } from '../core/tensor.ts'
import { filled, hyperparameter, Variable } from '../core/variable.ts'
import { add, mul, sub } from '../ops/arithmetic.ts'
import type { Attached, Hyperparameter, Optimizer } from './optimizer.ts'

export interface SgdOptions {
  /** The learning rate, ≥ 0. */
  readonly lr: Hyperparameter
  /** The weight of the old velocity, ≥ 0; 0. */
  readonly momentum?: Hyperparameter
  /** How much of the gradient the velocity does not take, from its second step on; 0. */
  readonly dampening?: number
  /** L2 penalty, ≥ 0: `weightDecay · w` is added to the gradient; 0. */
  readonly weightDecay?: Hyperparameter
  /** Whether to look ahead along the velocity; needs momentum, and no dampening. */
  readonly nesterov?: boolean
}

/**
 * Stochastic gradient descent, as PyTorch's `optim.SGD`:
 *
 *     g ← dL/dw + weightDecay · w
 *     v ← momentum · v + (1 − dampening) · g        (v ← g at the first step)
 *     w ← w − lr · v                                 (nesterov: w − lr · (g + momentum · v))
 *
 * Source: Sutskever et al. 2013, http://proceedings.mlr.press/v28/sutskever13.html, in PyTorch's form, in which
 * the rate multiplies the velocity and is not part of it.
 *
 * @throws {ArgumentError} when a number is out of range, or Nesterov has no momentum or a dampening.
 */
export function sgd(options: SgdOptions): Optimizer {
  check(options)
  return {
    lr: options.lr,
    spec: { type: 'sgd', ...options },
    attach: (weights) => attach(weights, options),
  }
}

function attach(weights: ReadonlyMap<string, Variable>, options: SgdOptions): Attached {
  const trained = [...weights].filter(([, w]) => w.trainable)
  const velocities = options.momentum ? trained.map(([name, w]) => velocityOf(name, w)) : []
  return {
    state: new Map(velocities.map((v, i) => [`momentum_buffer.${trained[i]![0]}`, v])),
    minimize: (loss) => {
      const values = trained.map(([, w]) => w.value)
      const next = options.momentum
        ? withMomentum(loss, values, velocities, options)
        : plain(loss, values, options)
      for (const [i, [, w]] of trained.entries()) w.assign(next[i]!)
    },
  }
}

/** A buffer of zeros for the velocity of one weight. */
function velocityOf(name: string, weight: Variable): Variable {
  const velocity = new Variable(weight.shape, filled(0), { trainable: false, dtype: weight.dtype })
  setName(velocity, `momentum_buffer.${name}`)
  velocity.initialize(0)
  return velocity
}

/** Without velocity the rate goes into the gradient's seed, which saves a multiplication a weight. */
function plain(loss: Tensor, weights: readonly Tensor[], { lr, weightDecay = 0 }: SgdOptions): Tensor[] {
  const rate = hyperparameter(lr, loss.dtype)
  const steps = gradients(loss, weights, rate)
  if (weightDecay === 0) return weights.map((w, i) => sub(w, steps[i]!))
  const kept = sub(1, mul(rate, hyperparameter(weightDecay, loss.dtype)))
  return weights.map((w, i) => sub(mul(w, kept), steps[i]!))
}

function withMomentum(
  loss: Tensor,
  weights: readonly Tensor[],
  velocities: readonly Variable[],
  { lr, momentum = 0, dampening = 0, weightDecay = 0, nesterov = false }: SgdOptions,
): Tensor[] {
  const rate = hyperparameter(lr, loss.dtype)
  const mu = hyperparameter(momentum, loss.dtype)
  const decay = weightDecay === 0 ? undefined : hyperparameter(weightDecay, loss.dtype)
  const taken =
    dampening === 0 ? undefined : hyperparameter((step) => (step === 0 ? 1 : 1 - dampening), loss.dtype)
  const slopes = gradients(loss, weights)
  return weights.map((w, i) => {
    const velocity = velocities[i]!
    const g = decay ? add(slopes[i]!, mul(w, decay)) : slopes[i]!
    const v = add(mul(velocity.value, mu), taken ? mul(g, taken) : g)
    velocity.assign(v)
    return sub(w, mul(nesterov ? add(g, mul(v, mu)) : v, rate))
  })
}

function check({ lr, momentum = 0, dampening = 0, weightDecay = 0, nesterov = false }: SgdOptions): void {
  for (const [name, value] of Object.entries({ lr, momentum, weightDecay })) {
    if (typeof value !== 'function' && !(value >= 0 && value < Number.POSITIVE_INFINITY)) {
      throw new ArgumentError(`sgd: wanted ${name} as a number ≥ 0 or a schedule, got ${value}`)
    }
  }
  if (!Number.isFinite(dampening))
    throw new ArgumentError(`sgd: wanted dampening as a number, got ${dampening}`)
  if (nesterov && (momentum === 0 || dampening !== 0)) {
    throw new ArgumentError(
      `sgd: wanted momentum above 0 and no dampening with nesterov, got momentum ${momentum} and dampening ${dampening}`,
    )
  }
}
