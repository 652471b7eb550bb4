import type { Tensor } from '../../core/tensor.ts'
import { add, mul, sqrt } from '../../ops/arithmetic.ts'
import type { Hyperparameter } from '../hyperparameter.ts'
import { elementMax } from '../norm.ts'
import type { Update } from '../rule.ts'

/** What Adam and its kin have. */
export interface Betas {
  /** The weight of the old in the mean of gradients, in [0, 1); 0.9. */
  readonly beta1?: Hyperparameter
  /** The weight of the old in the mean of squared gradients, in [0, 1); 0.999. */
  readonly beta2?: Hyperparameter
}

/** Keep a weight's moving average: a ← decay · a + (1 − decay) · next. @returns its new value */
export function blend<Own>(
  { buffer, hyper, rest }: Update<Own>,
  name: string,
  decay: keyof Own & string,
  next: Tensor,
): Tensor {
  const average = buffer(name)
  const value = add(mul(average.value, hyper(decay)), mul(next, rest(decay)))
  average.assign(value)
  return value
}

/** 1 − decayᵗ at step t − 1: how much of a moving average that began with zeros is not those zeros. */
export const filledPart = <Own>(
  { value }: Pick<Update<Own>, 'value'>,
  decay: keyof Own & string,
  step: number,
): number => 1 - value(decay, step) ** (step + 1)

/** Adam's two moving averages, of the gradient and of its square. */
export function momentAverages(at: Update<Betas>, g: Tensor): readonly [mean: Tensor, square: Tensor] {
  return [blend(at, 'exp_avg', 'beta1', g), blend(at, 'exp_avg_sq', 'beta2', mul(g, g))]
}

/** The greatest value of each element so far. */
export function runningMaximum(
  { buffer }: Pick<Update<unknown>, 'buffer'>,
  name: string,
  value: Tensor,
): Tensor {
  const known = buffer(name)
  const most = elementMax(known.value, value)
  known.assign(most)
  return most
}

/**
 * √v + eps · √(1 − beta2ᵗ): with √(1 − beta2ᵗ) in the step's size, the same as √(v/(1 − beta2ᵗ)) + eps for one
 * operation less on every number.
 */
export function root(at: Update<Betas>, square: Tensor, eps: number): Tensor {
  return add(
    sqrt(square),
    at.host('eps', (step) => eps * Math.sqrt(filledPart(at, 'beta2', step))),
  )
}

/** A function of the step that needs the one before: each value is computed once. */
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
