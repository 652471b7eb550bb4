/** Schedules that rise and fall again and again. */

import { mismatch } from '../core/mismatch.ts'
import { choice, maybeFormula, maybeNumber, number, type Values } from './field.ts'
import { type Kind, kind, make } from './kind.ts'
import type { Curve, Schedule } from './schedule.ts'

export interface CosineAnnealingWarmRestartsOptions {
  /** Steps of the first cycle, > 0. */
  readonly t0: number
  /** How many times longer each cycle is than the one before, >= 1; 1 unless given. */
  readonly tMult?: number
  /** The value that each cycle falls towards; 0 unless given. */
  readonly etaMin?: number
  /** How much of its height above etaMin each cycle keeps of the one before, >= 0; 1 unless given. */
  readonly cycleDecay?: number
}

export const cosineAnnealingWarmRestartsKind: Kind = kind({
  type: 'cosineAnnealingWarmRestarts',
  about: 'falls along half a cosine, again and again',
  fields: {
    initial: number('the value of step 0'),
    t0: number('the number of steps of the first cycle', { above: 0 }),
    tMult: number('how many times longer each cycle is than the one before', { min: 1 }, 1),
    etaMin: number('the value that each cycle falls towards', {}, 0),
    cycleDecay: number('what each cycle multiplies the height above etaMin by', { min: 0 }, 1),
  },
  curve({ initial, t0, tMult, etaMin, cycleDecay }) {
    const drop = initial - etaMin
    const low = (share: number) => (1 + Math.cos(Math.PI * share)) / 2
    if (tMult === 1 && cycleDecay === 1) return (step) => etaMin + drop * low((step % t0) / t0)
    if (tMult === 1)
      return (step) => etaMin + drop * cycleDecay ** Math.floor(step / t0) * low((step % t0) / t0)
    const logMult = Math.log(tMult)
    return (step) => {
      let cycle = Math.floor(Math.log((step / t0) * (tMult - 1) + 1) / logMult)
      let length = t0 * tMult ** cycle
      let since = step - (length - t0) / (tMult - 1)
      // The logarithm may round across the start of a cycle.
      if (since >= length) {
        since -= length
        length *= tMult
        cycle++
      } else if (since < 0) {
        length /= tMult
        since += length
        cycle--
      }
      return etaMin + drop * cycleDecay ** cycle * low(since / length)
    }
  },
})

/**
 * Half a cosine from `initial` towards `etaMin`, again and again, each cycle `tMult` times as long.
 *
 *     etaMin + (initial − etaMin) · cycleDecay^i · (1 + cos(π · t / Tᵢ)) / 2          Tᵢ = t0 · tMultⁱ
 *
 * with t the steps since cycle i began. Steps may be fractions (epochs, say). As in PyTorch, a cycle's last value is
 * above etaMin, for at etaMin the next begins.
 *
 * Source: Loshchilov & Hutter 2017, https://arxiv.org/abs/1608.03983, eq. 5; PyTorch's CosineAnnealingWarmRestarts.
 * `cycleDecay` is Keras's m_mul and timm's cycle_decay.
 * @example schedule.cosineAnnealingWarmRestarts(1, { t0: 3, tMult: 2 })(6) // 0.5
 */
export function cosineAnnealingWarmRestarts(
  initial: number,
  options: CosineAnnealingWarmRestartsOptions,
): Schedule {
  return make(cosineAnnealingWarmRestartsKind, initial, options)
}

interface TriangleOptions {
  /** Steps of the rise, > 0; 2,000 unless given. */
  readonly stepSizeUp?: number
  /** Steps of the fall, > 0; as many as of the rise unless given. */
  readonly stepSizeDown?: number
  /** How the height changes: not at all ('triangular', the default), halved each cycle, or times gamma each step. */
  readonly mode?: 'triangular' | 'triangular2' | 'expRange'
  /** For 'expRange': what each step multiplies the height by, >= 0; 1 unless given. */
  readonly gamma?: number
  /** What multiplies the height, as a function or expression of the `cycle`, from 1, and the `step`. Replaces mode. */
  readonly scale?: string | ((cycle: number, step: number) => number)
}

export interface CyclicOptions extends TriangleOptions {
  /** The value at the top of the first cycle. */
  readonly maxLr: number
}

export interface CyclicMomentumOptions extends TriangleOptions {
  /** The value at each cycle's ends, where the learning rate is lowest; 0.9 unless given. */
  readonly maxMomentum?: number
}

const triangle = {
  stepSizeUp: number('the number of steps of the rise', { above: 0 }, 2000),
  stepSizeDown: maybeNumber('the number of steps of the fall', { above: 0 }),
  mode: choice('how the height changes', ['triangular', 'triangular2', 'expRange'], 'triangular'),
  gamma: number('what each step multiplies the height by, for expRange', { min: 0 }, 1),
  scale: maybeFormula('what multiplies the height, as a function of cycle and step', ['cycle', 'step']),
}

export const cyclicKind: Kind = kind({
  type: 'cyclic',
  about: 'rises and falls in straight lines',
  fields: {
    baseLr: number("the value at each cycle's ends"),
    maxLr: number('the value at the top of the first cycle'),
    ...triangle,
  },
  check: ({ mode, scale }) => bothScales('schedule.cyclic', mode, scale),
  curve({ baseLr, maxLr, ...options }) {
    const height = wave(options)
    return (step) => baseLr + (maxLr - baseLr) * height(step)
  },
})

/**
 * Straight lines up from `baseLr` to `maxLr` and down again.
 *
 *     baseLr + (maxLr − baseLr) · h · scale          h rises from 0 to 1 and falls again in each cycle
 *     scale = 1 (triangular), 1 / 2^(cycle − 1) (triangular2), gamma^step (expRange)
 *
 * A `scale` of one's own replaces the mode. PyTorch's exp_range and its scale_fn are the same.
 *
 * @throws {ArgumentError} when both a scale and a mode other than 'triangular' are given
 * Source: Smith 2017, https://arxiv.org/abs/1506.01186; PyTorch's CyclicLR, and its defaults.
 * @example schedule.cyclic(0, { maxLr: 1, stepSizeUp: 10 })(15) // 0.5
 */
export function cyclic(baseLr: number, options: CyclicOptions): Schedule {
  return make(cyclicKind, baseLr, options)
}

export const cyclicMomentumKind: Kind = kind({
  type: 'cyclicMomentum',
  about: 'falls where cyclic rises, for the momentum beside it',
  fields: {
    baseMomentum: number('the value at the top of the learning rate'),
    maxMomentum: number("the value at each cycle's ends", {}, 0.9),
    ...triangle,
  },
  check: ({ mode, scale }) => bothScales('schedule.cyclicMomentum', mode, scale),
  curve({ baseMomentum, maxMomentum, ...options }) {
    const height = wave(options)
    return (step) => maxMomentum - (maxMomentum - baseMomentum) * height(step)
  },
})

/**
 * The momentum beside `cyclic`: lowest where the learning rate is highest.
 *
 *     maxMomentum − (maxMomentum − baseMomentum) · h · scale
 *
 * Source: PyTorch's CyclicLR with cycle_momentum, whose baseMomentum is 0.8.
 */
export function cyclicMomentum(baseMomentum: number, options: CyclicMomentumOptions = {}): Schedule {
  return make(cyclicMomentumKind, baseMomentum, options)
}

/** The height of a step's place in its cycle, from 0 to 1, times the scale. */
function wave({ stepSizeUp, stepSizeDown, mode, gamma, scale }: Values<typeof triangle>): Curve {
  const total = stepSizeUp + (stepSizeDown ?? stepSizeUp)
  const ratio = stepSizeUp / total
  const height = (x: number) => (x <= ratio ? x / ratio : (x - 1) / (ratio - 1))
  if (scale !== undefined) {
    const { evaluate } = scale
    return (step) => {
      const cycle = Math.floor(1 + step / total)
      return height(1 + step / total - cycle) * evaluate(cycle, step)
    }
  }
  switch (mode) {
    case 'triangular':
      return (step) => height(1 + step / total - Math.floor(1 + step / total))
    case 'triangular2':
      return (step) => {
        const cycle = Math.floor(1 + step / total)
        return height(1 + step / total - cycle) / 2 ** (cycle - 1)
      }
    case 'expRange':
      return (step) => height(1 + step / total - Math.floor(1 + step / total)) * gamma ** step
  }
}

function bothScales(who: string, mode: string, scale: unknown): Error | undefined {
  if (scale === undefined || mode === 'triangular') return undefined
  return mismatch(who, 'a mode or a scale', { mode, scale: 'given' }, 'leave one out')
}
