/** Curves that spend a known number of steps, most of them high, and end low. */

import { whole } from './curves.ts'
import { choice, maybeNumber, number } from './field.ts'
import { type Kind, kind, make } from './kind.ts'
import type { After, Curve, Schedule } from './schedule.ts'
import { needsStart, ramp, type WarmupShape, warmupShapes } from './warmup.ts'

export interface FlatCosineOptions {
  /** Steps in all, > 0. */
  readonly totalSteps: number
  /** Share of the steps before the fall, from 0 to below 1; 0.75 unless given. */
  readonly pctStart?: number
  /** The value at step `totalSteps`; 0 unless given. */
  readonly etaMin?: number
  readonly after?: After
}

const totalSteps = number('the number of steps in all', { above: 0 })
const etaMin = number('the value at step totalSteps', {}, 0)

export const flatCosineKind: Kind = kind({
  type: 'flatCosine',
  about: 'keeps a value, then falls along half a cosine',
  fields: {
    initial: number('the value before the fall'),
    totalSteps,
    pctStart: number('the share of the steps before the fall', { min: 0, below: 1 }, 0.75),
    etaMin,
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

/**
 * `initial` for a share `pctStart` of the steps, then half a cosine down to `etaMin`.
 *
 * Source: fastai's fit_flat_cos, which ends at initial / 1e5.
 * @example schedule.flatCosine(0.1, { totalSteps: 100, pctStart: 0.5 })(75) // 0.05
 */
export function flatCosine(initial: number, options: FlatCosineOptions): Schedule {
  return make(flatCosineKind, initial, options)
}

export interface RexOptions {
  /** Steps in all, > 0. */
  readonly totalSteps: number
  /** The value at step `totalSteps`; 0 unless given. */
  readonly etaMin?: number
  readonly after?: After
}

export const rexKind: Kind = kind({
  type: 'rex',
  about: 'falls slowly, then fast, as a reflected exponential',
  fields: { initial: number('the value of step 0'), totalSteps, etaMin },
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

/**
 * The reflected exponential: slow at first, fast at the end.
 *
 *     etaMin + (initial − etaMin) · r / (½ + ½ · r)          r = 1 − step / totalSteps
 *
 * Source: Chen, Wolfe & Kyrillidis 2021, https://arxiv.org/abs/2107.04197.
 * @example schedule.rex(0.3, { totalSteps: 100 })(50) // 0.2
 */
export function rex(initial: number, options: RexOptions): Schedule {
  return make(rexKind, initial, options)
}

export interface TanhOptions {
  /** Steps in all, > 0. */
  readonly totalSteps: number
  /** Where on the curve of tanh it begins; −7 unless given. */
  readonly lowerBound?: number
  /** Where on the curve of tanh it ends; 3 unless given. */
  readonly upperBound?: number
  /** The value that tanh = 1 stands for; 0 unless given. */
  readonly etaMin?: number
  readonly after?: After
}

export const tanhKind: Kind = kind({
  type: 'tanh',
  about: 'falls along a hyperbolic tangent',
  fields: {
    initial: number('the value that tanh = -1 stands for'),
    totalSteps,
    lowerBound: number('where on the curve of tanh it begins', {}, -7),
    upperBound: number('where on the curve of tanh it ends', {}, 3),
    etaMin: number('the value that tanh = 1 stands for', {}, 0),
  },
  span: ({ totalSteps }) => whole(totalSteps),
  curve({ initial, totalSteps, lowerBound, upperBound, etaMin }) {
    const half = (initial - etaMin) / 2
    const slope = (upperBound - lowerBound) / totalSteps
    return (step) => etaMin + half * (1 - Math.tanh(lowerBound + slope * step))
  },
})

/**
 * A hyperbolic tangent, nearly level at first.
 *
 *     etaMin + (initial − etaMin) · (1 − tanh(lowerBound · (1 − p) + upperBound · p)) / 2     p = step / totalSteps
 *
 * It ends a little above etaMin, at tanh(3) = 0.995 with the default bounds; timm's jumps to etaMin there.
 *
 * Source: Hsueh, Li & Wu 2018, https://arxiv.org/abs/1806.01593; timm's TanhLRScheduler, and its defaults.
 */
export function tanh(initial: number, options: TanhOptions): Schedule {
  return make(tanhKind, initial, options)
}

export interface SwaOptions {
  /** The value to reach and keep while weights are averaged. */
  readonly swaLr: number
  /** Calls from `initial` to `swaLr`, >= 0; 10 unless given. Epochs, if called once an epoch. */
  readonly annealEpochs?: number
  /** The way there: 'cos' unless given. */
  readonly annealStrategy?: 'cos' | 'linear'
  readonly after?: After
}

export const swaKind: Kind = kind({
  type: 'swa',
  about: 'goes to the value at which weights are averaged',
  fields: {
    initial: number('the value of step 0'),
    swaLr: number('the value to reach and keep'),
    annealEpochs: number('the number of steps from initial to swaLr', { min: 0 }, 10),
    annealStrategy: choice('the way from initial to swaLr', ['cos', 'linear'], 'cos'),
  },
  span: ({ annealEpochs }) => ({ end: annealEpochs, period: Math.max(annealEpochs, 1) }),
  curve({ initial, swaLr, annealEpochs, annealStrategy }) {
    if (annealEpochs === 0) return () => swaLr
    const gap = swaLr - initial
    if (annealStrategy === 'linear') return (step) => initial + (gap * step) / annealEpochs
    return (step) => initial + (gap * (1 - Math.cos((Math.PI * step) / annealEpochs))) / 2
  },
})

/**
 * From `initial` to `swaLr` in `annealEpochs`, then flat, for stochastic weight averaging.
 *
 * Source: Izmailov et al. 2018, https://arxiv.org/abs/1803.05407; PyTorch's SWALR, and its defaults.
 */
export function swa(initial: number, options: SwaOptions): Schedule {
  return make(swaKind, initial, options)
}

/** How the last phase of `warmupStableDecay` falls. */
export type DecayShape = 'linear' | 'cosine' | '1-sqrt'

export interface WarmupStableDecayOptions {
  /** Steps of the rise, >= 0; 0 unless given. */
  readonly warmupSteps?: number
  /** Steps at `initial`, >= 0. */
  readonly stableSteps: number
  /** Steps of the fall, > 0. */
  readonly decaySteps: number
  /** The rise: 'linear' unless given. */
  readonly warmupShape?: WarmupShape
  /** The fall: 'linear' unless given. */
  readonly decayShape?: DecayShape
  /** What multiplies `initial` at step 0; 1 / (warmupSteps + 1) unless given. */
  readonly startFactor?: number
  /** What multiplies `initial` at the end; 0 unless given. */
  readonly endFactor?: number
  readonly after?: After
}

export const warmupStableDecayKind: Kind = kind({
  type: 'warmupStableDecay',
  about: 'rises, stays, and falls',
  fields: {
    initial: number('the value of the stable phase'),
    warmupSteps: number('the number of steps of the rise', { min: 0 }, 0),
    stableSteps: number('the number of steps at initial', { min: 0 }),
    decaySteps: number('the number of steps of the fall', { above: 0 }),
    warmupShape: choice('how the value rises', warmupShapes, 'linear'),
    decayShape: choice('how the value falls', ['linear', 'cosine', '1-sqrt'], 'linear'),
    startFactor: maybeNumber('what multiplies initial at step 0', { min: 0 }),
    endFactor: number('what multiplies initial at the end', {}, 0),
  },
  check: ({ warmupShape, startFactor }) => needsStart('schedule.warmupStableDecay', warmupShape, startFactor),
  span: ({ warmupSteps, stableSteps, decaySteps }) => whole(warmupSteps + stableSteps + decaySteps),
  curve({ initial, warmupSteps, stableSteps, decaySteps, warmupShape, decayShape, startFactor, endFactor }) {
    const rise = ramp(warmupShape, warmupSteps, startFactor)
    const fall = remaining(decayShape)
    const start = warmupSteps + stableSteps
    return (step) => {
      if (step < warmupSteps) return initial * rise(step)
      if (step <= start) return initial
      return initial * (endFactor + (1 - endFactor) * fall((step - start) / decaySteps))
    }
  },
})

/**
 * A rise, a plateau, and a short fall: the stable phase may go on for as long as one likes before the fall.
 *
 *     linear  1 − p        cosine  (1 + cos(π · p)) / 2        1-sqrt  1 − √p        p = share of the fall
 *
 * each scaled to end at `initial · endFactor`.
 *
 * @throws {ArgumentError} when an exponential rise starts at 0
 * Source: Hu et al. 2024, https://arxiv.org/abs/2404.06395; Hägele et al. 2024, https://arxiv.org/abs/2405.18392,
 * for 1 − √p. Hugging Face's rises from 0: that is `startFactor: 0`.
 */
export function warmupStableDecay(initial: number, options: WarmupStableDecayOptions): Schedule {
  return make(warmupStableDecayKind, initial, options)
}

/** The share left of a fall when the share p of it is done. */
function remaining(shape: DecayShape): Curve {
  switch (shape) {
    case 'linear':
      return (p) => 1 - p
    case 'cosine':
      return (p) => (1 + Math.cos(Math.PI * p)) / 2
    case '1-sqrt':
      return (p) => 1 - Math.sqrt(p)
  }
}
