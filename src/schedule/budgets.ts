/** Curves that spend a known number of steps, most of them high, and end low. */

import { choice, number, type OptionsOf, required } from '../core/options.ts'
import { atLeastOne, type Constructor, kind, whole } from './kind.ts'
import { afterEnd, initial } from './options.ts'
import type { Curve } from './schedule.ts'
import { checkStart, ramp, warmupShapes } from './warmup.ts'

const totalSteps = {
  /** Steps in all. */
  totalSteps: required(number({ above: 0 })),
}

const etaMin = {
  /** Value at step `totalSteps`. @default 0 */
  etaMin: number({}, 0),
}

const flatCosineOptions = {
  ...totalSteps,
  /** Share of the steps before the fall. @default 0.75 */
  pctStart: number({ min: 0, below: 1 }, 0.75),
  ...etaMin,
  ...afterEnd,
}

export interface FlatCosineOptions extends OptionsOf<typeof flatCosineOptions> {}

/**
 * `initial` for a share `pctStart` of the steps, then half a cosine down to `etaMin`.
 *
 * Source: fastai's fit_flat_cos, which ends at initial / 1e5.
 * @example schedule.flatCosine(0.1, { totalSteps: 100, pctStart: 0.5 })(75) // 0.05
 */
export const flatCosine: Constructor<[initial: number, options: FlatCosineOptions]> = kind('flatCosine', {
  fields: {
    /** Value before the fall. */
    initial: required(number()),
    ...flatCosineOptions,
  },
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
 * The reflected exponential: slow at first, fast at the end.
 *
 *     etaMin + (initial − etaMin) · r / (½ + ½ · r)          r = 1 − step / totalSteps
 *
 * Source: Chen, Wolfe & Kyrillidis 2021, https://arxiv.org/abs/2107.04197.
 * @example schedule.rex(0.3, { totalSteps: 100 })(50) // 0.2
 */
export const rex: Constructor<[initial: number, options: RexOptions]> = kind('rex', {
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
  /** Argument of tanh at the start. @default -7 */
  lowerBound: number({}, -7),
  /** Argument of tanh at the end. @default 3 */
  upperBound: number({}, 3),
  /** Value where tanh is 1. @default 0 */
  etaMin: number({}, 0),
  ...afterEnd,
}

export interface TanhOptions extends OptionsOf<typeof tanhOptions> {}

/**
 * A hyperbolic tangent, nearly level at first.
 *
 *     etaMin + (initial − etaMin) · (1 − tanh(lowerBound · (1 − p) + upperBound · p)) / 2
 *
 * with p = step / totalSteps. It ends a little above etaMin, at tanh(3) = 0.995 with the default bounds; timm's
 * jumps to etaMin there.
 *
 * Source: Hsueh, Li & Wu 2018, https://arxiv.org/abs/1806.01593; timm's TanhLRScheduler, and its defaults.
 */
export const tanh: Constructor<[initial: number, options: TanhOptions]> = kind('tanh', {
  fields: {
    /** Value where tanh is −1. */
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
  /** Value to reach, and to keep while weights are averaged. */
  swaLr: required(number()),
  /** Calls from `initial` to `swaLr`: epochs, if called once an epoch. @default 10 */
  annealEpochs: number({ min: 0 }, 10),
  /** Shape of the way from `initial` to `swaLr`. @default 'cos' */
  annealStrategy: choice(['cos', 'linear'], 'cos'),
  ...afterEnd,
}

export interface SwaOptions extends OptionsOf<typeof swaOptions> {}

/**
 * From `initial` to `swaLr` in `annealEpochs`, then flat, for stochastic weight averaging.
 *
 * Source: Izmailov et al. 2018, https://arxiv.org/abs/1803.05407; PyTorch's SWALR, and its defaults.
 */
export const swa: Constructor<[initial: number, options: SwaOptions]> = kind('swa', {
  fields: { ...initial, ...swaOptions },
  span: ({ annealEpochs }) => atLeastOne(annealEpochs),
  curve({ initial, swaLr, annealEpochs, annealStrategy }) {
    if (annealEpochs === 0) return () => swaLr
    const gap = swaLr - initial
    if (annealStrategy === 'linear') return (step) => initial + (gap * step) / annealEpochs
    return (step) => initial + (gap * (1 - Math.cos((Math.PI * step) / annealEpochs))) / 2
  },
})

/** How the last phase of `warmupStableDecay` falls. */
export type DecayShape = 'linear' | 'cosine' | '1-sqrt'

const warmupStableDecayOptions = {
  /** Steps of the rise. @default 0 */
  warmupSteps: number({ min: 0 }, 0),
  /** Steps at `initial`. */
  stableSteps: required(number({ min: 0 })),
  /** Steps of the fall. */
  decaySteps: required(number({ above: 0 })),
  /** Shape of the rise. @default 'linear' */
  warmupShape: choice(warmupShapes, 'linear'),
  /** Shape of the fall. @default 'linear' */
  decayShape: choice<DecayShape>(['linear', 'cosine', '1-sqrt'], 'linear'),
  /** Factor at step 0. @default 1 / (warmupSteps + 1) */
  startFactor: number({ min: 0 }),
  /** Factor at the end. @default 0 */
  endFactor: number({}, 0),
  ...afterEnd,
}

export interface WarmupStableDecayOptions extends OptionsOf<typeof warmupStableDecayOptions> {}

/**
 * A rise, a plateau, and a short fall: the stable phase may last as long as one likes before the fall.
 *
 *     linear  1 − p        cosine  (1 + cos(π · p)) / 2        1-sqrt  1 − √p        p = share of the fall
 *
 * each scaled to end at `initial · endFactor`.
 *
 * @throws {ArgumentError} when an exponential rise starts at 0
 * Source: Hu et al. 2024, https://arxiv.org/abs/2404.06395; Hägele et al. 2024,
 * https://arxiv.org/abs/2405.18392, for 1 − √p. Hugging Face's rises from 0: that is `startFactor: 0`.
 */
export const warmupStableDecay: Constructor<[initial: number, options: WarmupStableDecayOptions]> = kind(
  'warmupStableDecay',
  {
    fields: {
      /** Value of the stable phase. */
      initial: required(number()),
      ...warmupStableDecayOptions,
    },
    check: ({ warmupShape, startFactor }, who) => checkStart(who, warmupShape, startFactor),
    span: ({ warmupSteps, stableSteps, decaySteps }) => whole(warmupSteps + stableSteps + decaySteps),
    curve({
      initial,
      warmupSteps,
      stableSteps,
      decaySteps,
      warmupShape,
      decayShape,
      startFactor,
      endFactor,
    }) {
      const rise = ramp(warmupShape, warmupSteps, startFactor)
      const fall = remaining[decayShape]
      const start = warmupSteps + stableSteps
      return (step) => {
        if (step < warmupSteps) return initial * rise(step)
        if (step <= start) return initial
        return initial * (endFactor + (1 - endFactor) * fall((step - start) / decaySteps))
      }
    },
  },
)

/** The height left of a fall when the share p of it is done. */
const remaining: Readonly<Record<DecayShape, Curve>> = {
  linear: (p) => 1 - p,
  cosine: (p) => (1 + Math.cos(Math.PI * p)) / 2,
  '1-sqrt': (p) => 1 - Math.sqrt(p),
}
