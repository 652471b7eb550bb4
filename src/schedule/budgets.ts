/** Schedules over a known number of steps, whose values are high for most steps and low at the end. */

import { choice, number, type OptionsOf, required } from '../core/options.ts'
import { atLeastOne, type FromValue, kind, whole } from './kind.ts'
import { steps } from './length.ts'
import { afterEnd, base, initial } from './options.ts'
import type { Curve } from './schedule.ts'
import { until } from './timing.ts'
import { checkStart, ramp, warmupShapes } from './warmup.ts'

const totalSteps = {
  /** Number of steps from step 0 to the end of the schedule. */
  totalSteps: required(steps({ above: 0 })),
}

const etaMin = {
  /** Value at step `totalSteps`. @default 0 */
  etaMin: number({}, 0),
}

const flatCosineOptions = {
  ...totalSteps,
  /** Fraction of `totalSteps` after which the decay begins. @default 0.75 */
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
  /** Argument of tanh in the formula at step 0. @default -7 */
  lowerBound: number({}, -7),
  /** Argument of tanh in the formula at step `totalSteps`. @default 3 */
  upperBound: number({}, 3),
  /** Value that the decay approaches, where tanh approaches 1. @default 0 */
  etaMin: number({}, 0),
  ...afterEnd,
}
export interface TanhOptions extends OptionsOf<typeof tanhOptions> {}

/**
 * A decay along a hyperbolic tangent, nearly flat at first.
 *
 *     etaMin + (initial − etaMin) · (1 − tanh(lowerBound · (1 − p) + upperBound · p)) / 2
 *
 * with p = step / totalSteps. At the last step, tanh(3) = 0.995 leaves the value slightly above etaMin; timm's
 * schedule jumps to etaMin there.
 *
 * Source: Hsueh, Li & Wu 2018, https://arxiv.org/abs/1806.01593; timm's TanhLRScheduler, and its defaults.
 */
export const tanh: FromValue<TanhOptions> = kind('tanh', {
  fields: {
    /** Approximate value at step 0, where tanh is almost −1. */
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
  /** Final learning rate, which stays constant while the weights are averaged. */
  swaLr: required(number()),
  /** Number of steps (epochs, if called once per epoch) from `initial` to `swaLr`. @default 10 */
  annealEpochs: steps({ min: 0 }, 10),
  /** Shape of the curve from `initial` to `swaLr`: half a cosine, or a line. @default 'cos' */
  annealStrategy: choice(['cos', 'linear'], 'cos'),
  ...afterEnd,
}
export interface SwaOptions extends OptionsOf<typeof swaOptions> {}

/**
 * The learning rate for stochastic weight averaging: half a cosine or a line from `initial` to `swaLr`, then
 * constant.
 *
 * Source: Izmailov et al. 2018, https://arxiv.org/abs/1803.05407; PyTorch's SWALR, and its defaults.
 */
export const swa: FromValue<SwaOptions> = kind('swa', {
  fields: { ...initial, ...swaOptions },
  span: ({ annealEpochs }) => atLeastOne(annealEpochs),
  timing: ({ annealEpochs }) => ({ ...until(annealEpochs), isHeld: true }),
  curve({ initial, swaLr, annealEpochs, annealStrategy }) {
    if (annealEpochs === 0) return () => swaLr
    const gap = swaLr - initial
    if (annealStrategy === 'linear') return (step) => initial + (gap * step) / annealEpochs
    return (step) => initial + (gap * (1 - Math.cos((Math.PI * step) / annealEpochs))) / 2
  },
})

/** Shape of the curve of the final decay of `warmupStableDecay`. */
export type DecayShape = 'linear' | 'cosine' | '1-sqrt'

const warmupStableDecayOptions = {
  /** Number of warmup steps. @default 0 */
  warmupSteps: steps({ min: 0 }, 0),
  /** Number of steps with the value `initial`, between warmup and decay. */
  stableSteps: required(steps({ min: 0 })),
  /** Number of steps of the final decay. */
  decaySteps: required(steps({ above: 0 })),
  /** Shape of the curve of the warmup, as in `warmup`. @default 'linear' */
  warmupShape: choice(warmupShapes, 'linear'),
  /** Shape of the curve of the final decay. @default 'linear' */
  decayShape: choice<DecayShape>(['linear', 'cosine', '1-sqrt'], 'linear'),
  /** Ratio of the value at step 0 to `initial`. @default 1 / (warmupSteps + 1) */
  startFactor: number({ min: 0 }),
  /** Ratio of the value at the last step to `initial`. @default 0 */
  endFactor: number({}, 0),
  ...afterEnd,
}
export interface WarmupStableDecayOptions extends OptionsOf<typeof warmupStableDecayOptions> {}

/**
 * A warmup to `initial`, a plateau there, and a decay from `initial` to `initial · endFactor`.
 *
 *     initial · (endFactor + (1 − endFactor) · d)          p = the fraction of the decay steps that has passed
 *     d = 1 − p (linear), (1 + cos(π · p)) / 2 (cosine), 1 − √p (1-sqrt)
 *
 * @throws {ArgumentError} when an exponential warmup starts at 0
 * Source: Hu et al. 2024, https://arxiv.org/abs/2404.06395; Hägele et al. 2024,
 * https://arxiv.org/abs/2405.18392, for 1 − √p. Hugging Face's warmup starts at 0: set `startFactor: 0`.
 */
export const warmupStableDecay: FromValue<WarmupStableDecayOptions> = kind('warmupStableDecay', {
  fields: { ...base, ...warmupStableDecayOptions },
  consecutive: ['warmupSteps', 'stableSteps', 'decaySteps'],
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

/** For each decay shape, the curve that falls from 1 to 0 as its argument p rises from 0 to 1. */
const decays: Readonly<Record<DecayShape, Curve>> = {
  linear: (p) => 1 - p,
  cosine: (p) => (1 + Math.cos(Math.PI * p)) / 2,
  '1-sqrt': (p) => 1 - Math.sqrt(p),
}
