/** Schedules over a known number of steps: high for most of them, low at the end. */

import { choice, number, type OptionsOf, required } from '../core/options.ts'
import { atLeastOne, type FromValue, kind, whole } from './kind.ts'
import { afterEnd, base, initial } from './options.ts'
import type { Curve } from './schedule.ts'
import { checkStart, ramp, warmupShapes } from './warmup.ts'

const totalSteps = {
  /** Total number of steps. */
  totalSteps: required(number({ above: 0 })),
}

const etaMin = {
  /** Value at step `totalSteps`. @default 0 */
  etaMin: number({}, 0),
}

const flatCosineOptions = {
  ...totalSteps,
  /** Fraction of the steps before the decay. @default 0.75 */
  pctStart: number({ min: 0, below: 1 }, 0.75),
  ...etaMin,
  ...afterEnd,
}
export interface FlatCosineOptions extends OptionsOf<typeof flatCosineOptions> {}

/**
 * `initial` for the first `pctStart · totalSteps` steps, then half a cosine down to `etaMin`.
 *
 * Source: fastai's fit_flat_cos, which ends at initial / 1e5.
 * @example schedule.flatCosine(0.1, { totalSteps: 100, pctStart: 0.5 })(75) // 0.05
 */
export const flatCosine: FromValue<FlatCosineOptions> = kind('flatCosine', {
  fields: { ...initial, ...flatCosineOptions },
  span: ({ totalSteps }) => whole(totalSteps),
  curve({ initial, totalSteps, pctStart, etaMin }) {
    const start = pctStart * totalSteps
    const length = totalSteps - start
    const drop = initial - etaMin
    return (step) =>
      step <= start ? initial : etaMin + (drop * (1 + Math.cos((Math.PI * (step - start)) / length))) / 2
  },
})

const rexOptions = { ...totalSteps, ...etaMin, ...afterEnd }
export interface RexOptions extends OptionsOf<typeof rexOptions> {}

/**
 * The reflected exponential: a decay that is slow at first and fast at the end.
 *
 *     etaMin + (initial − etaMin) · r / (½ + ½ · r)          r = 1 − step / totalSteps
 *
 * Source: Chen, Wolfe & Kyrillidis 2021, https://arxiv.org/abs/2107.04197.
 * @example schedule.rex(0.3, { totalSteps: 100 })(50) // 0.2
 */
export const rex: FromValue<RexOptions> = kind('rex', {
  fields: { ...initial, ...rexOptions },
  span: ({ totalSteps }) => whole(totalSteps),
  extrapolates: () => false,
  curve({ initial, totalSteps, etaMin }) {
    const drop = initial - etaMin
    return (step) => {
      const left = 1 - step / totalSteps
      return etaMin + (drop * left) / (0.5 + 0.5 * left)
    }
  },
})

const tanhOptions = {
  ...totalSteps,
  /** Argument of tanh at step 0. @default -7 */
  lowerBound: number({}, -7),
  /** Argument of tanh at step `totalSteps`. @default 3 */
  upperBound: number({}, 3),
  /** Limit of the value, where tanh is 1. @default 0 */
  etaMin: number({}, 0),
  ...afterEnd,
}
export interface TanhOptions extends OptionsOf<typeof tanhOptions> {}

/**
 * A decay along a hyperbolic tangent, nearly flat at first.
 *
 *     etaMin + (initial − etaMin) · (1 − tanh(lowerBound · (1 − p) + upperBound · p)) / 2
 *
 * with p = step / totalSteps. The last value is slightly above etaMin, since tanh(3) = 0.995; timm's jumps to
 * etaMin there.
 *
 * Source: Hsueh, Li & Wu 2018, https://arxiv.org/abs/1806.01593; timm's TanhLRScheduler, and its defaults.
 */
export const tanh: FromValue<TanhOptions> = kind('tanh', {
  fields: {
    /** Limit of the value before the decay, where tanh is −1. */
    initial: required(number()),
    ...tanhOptions,
  },
  span: ({ totalSteps }) => whole(totalSteps),
  curve({ initial, totalSteps, lowerBound, upperBound, etaMin }) {
    const half = (initial - etaMin) / 2
    const slope = (upperBound - lowerBound) / totalSteps
    return (step) => etaMin + half * (1 - Math.tanh(lowerBound + slope * step))
  },
})

const swaOptions = {
  /** Final value, kept while weights are averaged. */
  swaLr: required(number()),
  /** Steps from `initial` to `swaLr`; epochs, if the schedule is called once per epoch. @default 10 */
  annealEpochs: number({ min: 0 }, 10),
  /** Shape of the curve from `initial` to `swaLr`. @default 'cos' */
  annealStrategy: choice(['cos', 'linear'], 'cos'),
  ...afterEnd,
}
export interface SwaOptions extends OptionsOf<typeof swaOptions> {}

/**
 * Half a cosine or a line from `initial` to `swaLr`, then flat: for stochastic weight averaging.
 *
 * Source: Izmailov et al. 2018, https://arxiv.org/abs/1803.05407; PyTorch's SWALR, and its defaults.
 */
export const swa: FromValue<SwaOptions> = kind('swa', {
  fields: { ...initial, ...swaOptions },
  span: ({ annealEpochs }) => atLeastOne(annealEpochs),
  curve({ initial, swaLr, annealEpochs, annealStrategy }) {
    if (annealEpochs === 0) return () => swaLr
    const gap = swaLr - initial
    if (annealStrategy === 'linear') return (step) => initial + (gap * step) / annealEpochs
    return (step) => initial + (gap * (1 - Math.cos((Math.PI * step) / annealEpochs))) / 2
  },
})

/** Shape of the final decay of `warmupStableDecay`. */
export type DecayShape = 'linear' | 'cosine' | '1-sqrt'

const warmupStableDecayOptions = {
  /** Number of warmup steps. @default 0 */
  warmupSteps: number({ min: 0 }, 0),
  /** Number of steps at `initial`. */
  stableSteps: required(number({ min: 0 })),
  /** Number of decay steps. */
  decaySteps: required(number({ above: 0 })),
  /** Shape of the warmup. @default 'linear' */
  warmupShape: choice(warmupShapes, 'linear'),
  /** Shape of the decay. @default 'linear' */
  decayShape: choice<DecayShape>(['linear', 'cosine', '1-sqrt'], 'linear'),
  /** Factor at step 0. @default 1 / (warmupSteps + 1) */
  startFactor: number({ min: 0 }),
  /** Factor at the last step. @default 0 */
  endFactor: number({}, 0),
  ...afterEnd,
}
export interface WarmupStableDecayOptions extends OptionsOf<typeof warmupStableDecayOptions> {}

/**
 * A warmup, a plateau at `initial`, and a decay to `initial · endFactor`, shaped by its elapsed fraction p:
 *
 *     linear  1 − p        cosine  (1 + cos(π · p)) / 2        1-sqrt  1 − √p
 *
 * @throws {ArgumentError} when an exponential warmup starts at 0
 * Source: Hu et al. 2024, https://arxiv.org/abs/2404.06395; Hägele et al. 2024,
 * https://arxiv.org/abs/2405.18392, for 1 − √p. Hugging Face's warmup starts at 0: set `startFactor: 0`.
 */
export const warmupStableDecay: FromValue<WarmupStableDecayOptions> = kind('warmupStableDecay', {
  fields: { ...base, ...warmupStableDecayOptions },
  check: ({ warmupShape, startFactor }, who) => checkStart(who, warmupShape, startFactor),
  span: ({ warmupSteps, stableSteps, decaySteps }) => whole(warmupSteps + stableSteps + decaySteps),
  curve({ initial, warmupSteps, stableSteps, decaySteps, endFactor, ...shapes }) {
    const rise = ramp(shapes.warmupShape, warmupSteps, shapes.startFactor)
    const fall = decays[shapes.decayShape]
    const start = warmupSteps + stableSteps
    return (step) => {
      if (step < warmupSteps) return initial * rise(step)
      if (step <= start) return initial
      return initial * (endFactor + (1 - endFactor) * fall((step - start) / decaySteps))
    }
  },
})

/** Decays from 1 to 0 over an argument p from 0 to 1. */
const decays: Readonly<Record<DecayShape, Curve>> = {
  linear: (p) => 1 - p,
  cosine: (p) => (1 + Math.cos(Math.PI * p)) / 2,
  '1-sqrt': (p) => 1 - Math.sqrt(p),
}
