import { type Hyperparameter, number, type ValuesOf } from '../../core/options.ts'
import type { Tensor } from '../../core/tensor.ts'
import { add, mul, sqrt } from '../../ops/arithmetic.ts'
import { schedulable } from '../../schedule/schedulable.ts'
import type { Update } from '../rule.ts'

/** Options that Adam and related optimizers share. */
export const betas = {
  /** Decay of m, the moving average of the gradient. @default 0.9 */
  beta1: schedulable(number({ min: 0, below: 1 }, 0.9)),
  /** Decay of v, the moving average of the squared gradient. @default 0.999 */
  beta2: schedulable(number({ min: 0, below: 1 }, 0.999)),
}

export const epsilon = {
  /** Small number added to the divisor of a step, a root mean square of gradients. @default 1e-8 */
  eps: number({ min: 0 }, 1e-8),
}

/** Properties of Adam and similar optimizers, which divide each gradient element by its usual magnitude. */
export const adaptive = { rescales: true, testRates: [1e-6, 0.1] } as const

type Betas = ValuesOf<typeof betas>
type Momentum = { readonly momentum: Hyperparameter }

/** Updates the moving average a in the state `name`: a ← decay · a + (1 − decay) · next. @returns the new a */
export function blend<V>(
  { buffer, hyper, rest }: Update<V>,
  name: string,
  decay: keyof V & string,
  next: Tensor,
): Tensor {
  const average = buffer(name)
  return average.assign(add(mul(average.value, hyper(decay)), mul(next, rest(decay))))
}

/** Updates the velocity v, the momentum buffer: v ← momentum · v + step. @returns the new v */
export function velocity<V extends Momentum>({ buffer, hyper }: Update<V>, step: Tensor): Tensor {
  const v = buffer('momentum_buffer')
  return v.assign(add(mul(v.value, hyper('momentum')), step))
}

/**
 * Returns Adam's bias correction at step t = 1, 2, …: 1 − βᵗ, by which a moving average that started at 0 is divided.
 *
 * @param decay name of the option that holds β, such as `beta1`
 */
export const filledPart = <V>(
  { value }: Pick<Update<V>, 'value'>,
  decay: keyof V & string,
  step: number,
): number => 1 - value(decay, step) ** (step + 1)

/** Updates Adam's moving averages: m of the gradient, v of its square. @returns the new m and v */
export const momentAverages = (at: Update<Betas>, g: Tensor): readonly [mean: Tensor, square: Tensor] => [
  blend(at, 'exp_avg', 'beta1', g),
  blend(at, 'exp_avg_sq', 'beta2', mul(g, g)),
]

/**
 * Returns √v + eps · √(1 − beta2ᵗ) at step t, where v is `square`. Dividing by this and multiplying by the scalar √(1
 * − beta2ᵗ) is the same as dividing by Adam's √(v/(1 − beta2ᵗ)) + eps, but saves one operation per element.
 */
export function root(at: Update<Betas>, square: Tensor, eps: number): Tensor {
  const offset = (step: number): number => eps * Math.sqrt(filledPart(at, 'beta2', step))
  return add(sqrt(square), at.host('eps', offset))
}

/** Returns a function f that caches its values, with f(step) = next(f(step − 1), step) and f(−1) = first. */
export function memoized(
  next: (before: number, step: number) => number,
  first: number,
): (step: number) => number {
  const values: number[] = []
  return (step) => {
    while (values.length <= step) values.push(next(values.at(-1) ?? first, values.length))
    return values[step]!
  }
}
