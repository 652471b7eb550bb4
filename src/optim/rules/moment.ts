import { number, scheduled, type ValuesOf } from '../../core/options.ts'
import type { Tensor } from '../../core/tensor.ts'
import { add, mul, sqrt } from '../../ops/arithmetic.ts'
import { elementMax } from '../norm.ts'
import type { Update } from '../rule.ts'

/** Options of Adam and its kin. */
export const betas = {
  /** Weight of the previous value in the mean of gradients. @default 0.9 */
  beta1: scheduled(number({ min: 0, below: 1 }, 0.9)),
  /** Weight of the previous value in the mean of squared gradients. @default 0.999 */
  beta2: scheduled(number({ min: 0, below: 1 }, 0.999)),
}

/** The option that keeps a division finite. */
export const epsilon = {
  /** Added to the root. @default 1e-8 */
  eps: number({ min: 0 }, 1e-8),
}

/** Traits of rules that divide each number of a gradient by its usual size. */
export const adaptive = { rescales: true, testRates: [1e-6, 0.1] } as const

type Betas = ValuesOf<typeof betas>

/** Updates a weight's moving average: a ← decay · a + (1 − decay) · next. @returns its new value */
export function blend<V>(
  { buffer, hyper, rest }: Update<V>,
  name: string,
  decay: keyof V & string,
  next: Tensor,
): Tensor {
  const average = buffer(name)
  const value = add(mul(average.value, hyper(decay)), mul(next, rest(decay)))
  average.assign(value)
  return value
}

/** 1 − decayᵗ at step t − 1: the weight of everything but the initial zeros in a moving average. */
export const filledPart = <V>(
  { value }: Pick<Update<V>, 'value'>,
  decay: keyof V & string,
  step: number,
): number => 1 - value(decay, step) ** (step + 1)

/** Adam's two moving averages, of the gradient and of its square. */
export function momentAverages(at: Update<Betas>, g: Tensor): readonly [mean: Tensor, square: Tensor] {
  return [blend(at, 'exp_avg', 'beta1', g), blend(at, 'exp_avg_sq', 'beta2', mul(g, g))]
}

/** The greatest value of each element so far. */
export function runningMaximum({ buffer }: Pick<Update, 'buffer'>, name: string, value: Tensor): Tensor {
  const greatest = buffer(name)
  const most = elementMax(greatest.value, value)
  greatest.assign(most)
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

/** A function of the step that is computed from the value before; each value is computed once. */
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
