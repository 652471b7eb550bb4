/** Curves from one value to another; step functions are in steps.ts, periodic curves in cycles.ts. */

import { boolean, number, type OptionsOf, required } from '../core/options.ts'
import { type Constructor, type FromValue, kind, whole } from './kind.ts'
import { steps } from './length.ts'
import { afterEnd, base, initial } from './options.ts'
import { endless } from './timing.ts'

/** The same value at every step. (The counterpart of PyTorch's ConstantLR is `constantFactor`.) */
export const constant: Constructor<[value: number]> = kind('constant', {
  fields: {
    /** Value at every step. */
    value: required(number()),
  },
  timing: () => ({ ...endless, isConstant: true }),
  curve({ value }) {
    return () => value
  },
})

const constantFactorOptions = {
  /** Number that multiplies `initial` before step `totalIters`. @default 1 / 3 */
  factor: number({}, 1 / 3),
  /** Number of steps at the start with the value `initial · factor`. @default 5 */
  totalIters: steps({ above: 0 }, 5),
  ...afterEnd,
}
export interface ConstantFactorOptions extends OptionsOf<typeof constantFactorOptions> {}

/**
 * `initial · factor` for the first `totalIters` steps, then `initial`.
 *
 * Source: PyTorch's ConstantLR, and its defaults; here the factor may be 0, for which PyTorch would divide by 0.
 * @example schedule.constantFactor(0.1, { factor: 0.5, totalIters: 3 })(2) // 0.05
 */
export const constantFactor: FromValue<ConstantFactorOptions> = kind('constantFactor', {
  fields: { ...base, ...constantFactorOptions },
  span: ({ totalIters }) => whole(totalIters),
  curve({ initial, factor, totalIters }) {
    const before = initial * factor
    return (step) => (step < totalIters ? before : initial)
  },
})

const linearOptions = {
  /** Ratio of the value at step 0 to `initial`. @default 1 / 3 */
  startFactor: number({}, 1 / 3),
  /** Ratio of the value to `initial` from step `totalIters` on. @default 1 */
  endFactor: number({}, 1),
  /** Number of steps from `initial · startFactor` to `initial · endFactor`. @default 5 */
  totalIters: steps({ above: 0 }, 5),
  ...afterEnd,
}
export interface LinearOptions extends OptionsOf<typeof linearOptions> {}

/**
 * A straight line from initial · startFactor to initial · endFactor, then constant.
 *
 *     initial · (startFactor + (endFactor − startFactor) · step / totalIters)     up to step totalIters
 *
 * To give both values instead of factors, use `piecewiseLinear`.
 *
 * Source: PyTorch's LinearLR, and its defaults; here startFactor may be 0, which PyTorch refuses.
 * @example schedule.linear(0.1, { startFactor: 0, totalIters: 10 })(5) // 0.05
 */
export const linear: FromValue<LinearOptions> = kind('linear', {
  fields: { ...base, ...linearOptions },
  span: ({ totalIters }) => whole(totalIters),
  curve: ({ initial, startFactor, endFactor, totalIters }) => {
    const rise = endFactor - startFactor
    return (step) => initial * (startFactor + (rise * step) / totalIters)
  },
})

const polynomialOptions = {
  /** Number of steps from `initial` to `endValue`. @default 5 */
  totalIters: steps({ above: 0 }, 5),
  /** Exponent of the remaining fraction of the steps; 1 gives a straight line. @default 1 */
  power: number({ above: 0 }, 1),
  /** Value at step `totalIters`. @default 0 */
  endValue: number({}, 0),
  /** Whether a new decay, from a lower value, starts at each multiple of `totalIters`. @default false */
  cycle: boolean(false),
  ...afterEnd,
}
export interface PolynomialOptions extends OptionsOf<typeof polynomialOptions> {}

/**
 * A decay in proportion to a power of the remaining fraction of the steps, then constant.
 *
 *     endValue + (initial − endValue) · (1 − step / n)^power          n = totalIters
 *
 * With `cycle`, n = totalIters · ⌈step / totalIters⌉: every `totalIters` steps, a new decay starts lower.
 *
 * @throws {ArgumentError} when `after` is 'extrapolate' and the power is not an integer
 * Source: PyTorch's PolynomialLR, and its defaults; `endValue` and `cycle` are Keras's.
 * @example schedule.polynomial(1, { totalIters: 4, power: 2 })(2) // 0.25
 */
export const polynomial: FromValue<PolynomialOptions> = kind('polynomial', {
  fields: { ...initial, ...polynomialOptions },
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

const cosineAnnealingOptions = {
  /** Number of steps from `initial` to `etaMin`. */
  tMax: required(steps({ above: 0 })),
  /** Value at step `tMax`. @default 0 */
  etaMin: number({}, 0),
  /** Exponent applied to the half cosine, called `exponent` in Optax. @default 1 */
  exponent: number({ above: 0 }, 1),
  /** Exponent of step / tMax, timm's `k_decay`: above 1 the value stays high longer. @default 1 */
  kDecay: number({ above: 0 }, 1),
  ...afterEnd,
}
export interface CosineAnnealingOptions extends OptionsOf<typeof cosineAnnealingOptions> {}

/**
 * Half a cosine from `initial` at step 0 to `etaMin` at step `tMax`, then constant.
 *
 *     etaMin + (initial − etaMin) · ((1 + cos(π · (step / tMax)^kDecay)) / 2)^exponent
 *
 * In PyTorch the value rises again after tMax, with period 2·tMax: to reproduce this, set
 * `after: 'extrapolate'`. To restart from `initial` set `after: 'repeat'` or use `cosineAnnealingWarmRestarts`.
 *
 * Source: Loshchilov & Hutter 2017, https://arxiv.org/abs/1608.03983, eq. 5; PyTorch's CosineAnnealingLR.
 * @example schedule.cosineAnnealing(0.1, { tMax: 100 })(50) // 0.05
 */
export const cosineAnnealing: FromValue<CosineAnnealingOptions> = kind('cosineAnnealing', {
  fields: { ...initial, ...cosineAnnealingOptions },
  span: ({ tMax }) => whole(tMax),
  curve({ initial, tMax, etaMin, exponent, kDecay }) {
    const drop = initial - etaMin
    if (exponent === 1 && kDecay === 1) {
      return (step) => etaMin + (drop * (1 + Math.cos((Math.PI * step) / tMax))) / 2
    }
    return (step) => etaMin + drop * ((1 + Math.cos(Math.PI * (step / tMax) ** kDecay)) / 2) ** exponent
  },
})
