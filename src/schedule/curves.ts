/** Smooth curves from one value to another. Stepwise ones are in steps.ts, periodic ones in cycles.ts. */
import { boolean, number } from './field.ts'
import { type Kind, kind, make, type Span } from './kind.ts'
import type { After, Schedule } from './schedule.ts'

export const constantKind: Kind = kind({
  type: 'constant',
  about: 'keeps one value',
  fields: { value: number('the value of every step') },
  curve:
    ({ value }) =>
    () =>
      value,
})

/**
 * `value`, always.
 *
 * For PyTorch's ConstantLR, which is a factor for the first few steps, see `constantFactor`.
 */
export function constant(value: number): Schedule {
  return make(constantKind, value)
}

export interface ConstantFactorOptions {
  /** What multiplies `initial` before step `totalIters`; 1/3 unless given. */
  readonly factor?: number
  /** Steps with the factor, > 0; 5 unless given. */
  readonly totalIters?: number
  readonly after?: After
}

export const constantFactorKind: Kind = kind({
  type: 'constantFactor',
  about: 'is multiplied by a factor for its first steps',
  fields: {
    initial: number('the value from step totalIters on'),
    factor: number('what multiplies it before', {}, 1 / 3),
    totalIters: number('the number of steps with the factor', { above: 0 }, 5),
  },
  span: ({ totalIters }) => whole(totalIters),
  curve({ initial, factor, totalIters }) {
    const before = initial * factor
    return (step) => (step < totalIters ? before : initial)
  },
})

/**
 * `initial · factor` for the first `totalIters` steps, then `initial`.
 *
 * Any factor is allowed, also 0 (by which PyTorch's would divide).
 *
 * Source: PyTorch's ConstantLR, and its defaults.
 * @example schedule.constantFactor(0.1, { factor: 0.5, totalIters: 3 })(2) // 0.05
 */
export function constantFactor(initial: number, options: ConstantFactorOptions = {}): Schedule {
  return make(constantFactorKind, initial, options)
}

export interface LinearOptions {
  /** What multiplies `initial` at step 0; 1/3 unless given. */
  readonly startFactor?: number
  /** What multiplies `initial` from step `totalIters` on; 1 unless given. */
  readonly endFactor?: number
  /** Steps from start to end, > 0; 5 unless given. */
  readonly totalIters?: number
  readonly after?: After
}

export const linearKind: Kind = kind({
  type: 'linear',
  about: 'goes in a straight line from one multiple of a value to another',
  fields: {
    initial: number('the value that the factors multiply'),
    startFactor: number('the factor of step 0', {}, 1 / 3),
    endFactor: number('the factor of step totalIters', {}, 1),
    totalIters: number('the number of steps from start to end', { above: 0 }, 5),
  },
  span: ({ totalIters }) => whole(totalIters),
  curve: ({ initial, startFactor, endFactor, totalIters }) => {
    const rise = endFactor - startFactor
    return (step) => initial * (startFactor + (rise * step) / totalIters)
  },
})

/**
 * A straight line between two multiples of a value.
 *
 *     initial · (startFactor + (endFactor − startFactor) · step / totalIters)     up to step totalIters
 *
 * Any factors are allowed; PyTorch refuses a startFactor of 0. For a line between two values see `piecewiseLinear`.
 *
 * Source: PyTorch's LinearLR, and its defaults.
 * @example schedule.linear(0.1, { startFactor: 0, totalIters: 10 })(5) // 0.05
 */
export function linear(initial: number, options: LinearOptions = {}): Schedule {
  return make(linearKind, initial, options)
}

export interface PolynomialOptions {
  /** Steps from `initial` to `endValue`, > 0; 5 unless given. */
  readonly totalIters?: number
  /** The power, > 0; 1, a straight line, unless given. */
  readonly power?: number
  /** The value at step `totalIters`; 0 unless given. */
  readonly endValue?: number
  /** Whether, at each end, it begins again from the line's height at that step of a run as many times longer. */
  readonly cycle?: boolean
  readonly after?: After
}

export const polynomialKind: Kind = kind({
  type: 'polynomial',
  about: 'falls as a power of the steps left',
  fields: {
    initial: number('the value of step 0'),
    totalIters: number('the number of steps from initial to endValue', { above: 0 }, 5),
    power: number('the power of the share of steps left', { above: 0 }, 1),
    endValue: number('the value at step totalIters', {}, 0),
    cycle: boolean('whether it begins again, lower, at each end', false),
  },
  span: ({ totalIters, cycle }) => whole(cycle ? Infinity : totalIters),
  extrapolates: ({ power }) => Number.isInteger(power),
  curve({ initial, totalIters, power, endValue, cycle }) {
    const drop = initial - endValue
    if (!cycle) return (step) => endValue + drop * (1 - step / totalIters) ** power
    return (step) => {
      const length = totalIters * Math.max(Math.ceil(step / totalIters), 1)
      return endValue + drop * (1 - step / length) ** power
    }
  },
})

/**
 * A power of the share of steps left.
 *
 *     endValue + (initial − endValue) · (1 − step / n)^power          n = totalIters
 *
 * With `cycle`, n = totalIters · ⌈step / totalIters⌉: at each end it begins again, lower each time.
 *
 * @throws {ArgumentError} when `after` is 'extrapolate' and the power is no whole number
 * Source: PyTorch's PolynomialLR, and its defaults; `endValue` and `cycle` are Keras's.
 * @example schedule.polynomial(1, { totalIters: 4, power: 2 })(2) // 0.25
 */
export function polynomial(initial: number, options: PolynomialOptions = {}): Schedule {
  return make(polynomialKind, initial, options)
}

export interface CosineAnnealingOptions {
  /** Steps from `initial` to `etaMin`, > 0. */
  readonly tMax: number
  /** The value at step `tMax`; 0 unless given. */
  readonly etaMin?: number
  /** Power of the cosine's factor, > 0; 1 unless given. Optax's `exponent`. */
  readonly exponent?: number
  /** Power of the elapsed share, > 0; 1 unless given. Above 1 stays high longer. timm's `k_decay`. */
  readonly kDecay?: number
  readonly after?: After
}

export const cosineAnnealingKind: Kind = kind({
  type: 'cosineAnnealing',
  about: 'falls along half a cosine',
  fields: {
    initial: number('the value of step 0'),
    tMax: number('the number of steps from initial to etaMin', { above: 0 }),
    etaMin: number('the value at step tMax', {}, 0),
    exponent: number("the power of the cosine's factor", { above: 0 }, 1),
    kDecay: number('the power of the elapsed share', { above: 0 }, 1),
  },
  span: ({ tMax }) => whole(tMax),
  curve({ initial, tMax, etaMin, exponent, kDecay }) {
    const drop = initial - etaMin
    if (exponent === 1 && kDecay === 1) {
      return (step) => etaMin + (drop * (1 + Math.cos((Math.PI * step) / tMax))) / 2
    }
    return (step) => etaMin + drop * ((1 + Math.cos(Math.PI * (step / tMax) ** kDecay)) / 2) ** exponent
  },
})

/**
 * Half a cosine from `initial` at step 0 to `etaMin` at step `tMax`, then flat.
 *
 *     etaMin + (initial − etaMin) · ((1 + cos(π · (step / tMax)^kDecay)) / 2)^exponent
 *
 * PyTorch's goes up again after tMax, with period 2·tMax: that is `after: 'extrapolate'`. Sawtooth restarts are
 * `after: 'repeat'`, the same as `cosineAnnealingWarmRestarts`.
 *
 * Source: Loshchilov & Hutter 2017, https://arxiv.org/abs/1608.03983, eq. 5; PyTorch's CosineAnnealingLR.
 * @example schedule.cosineAnnealing(0.1, { tMax: 100 })(50) // 0.05
 */
export function cosineAnnealing(initial: number, options: CosineAnnealingOptions): Schedule {
  return make(cosineAnnealingKind, initial, options)
}

/** A span that begins again where it ends. */
export function whole(steps: number): Span {
  return { end: steps, period: steps }
}
