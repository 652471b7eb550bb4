/** Schedules that repeat a cycle, whose length or height may change. */

import { mismatch } from '../core/mismatch.ts'
import { choice, number, type OptionsOf, required } from '../core/options.ts'
import { formula } from './formula.ts'
import { type Constructor, type Fields, type FromValue, kind } from './kind.ts'
import { steps } from './length.ts'
import { initial } from './options.ts'
import type { Curve } from './schedule.ts'
import type { Expression } from './text/expression.ts'
import { type Timing, until } from './timing.ts'

const warmRestartsOptions = {
  /** Number of steps in the first cycle. */
  t0: required(steps({ above: 0 })),
  /** Ratio of each cycle's length to the previous cycle's length. @default 1 */
  tMult: number({ min: 1 }, 1),
  /** Value that each cycle decays towards. @default 0 */
  etaMin: number({}, 0),
  /** Ratio of each cycle's height above `etaMin` to the previous cycle's height. @default 1 */
  cycleDecay: number({ min: 0 }, 1),
}
export interface CosineAnnealingWarmRestartsOptions extends OptionsOf<typeof warmRestartsOptions> {}

/**
 * Cycles of half a cosine from `initial` towards `etaMin`, each `tMult` times as long as the cycle before.
 *
 *     etaMin + (initial − etaMin) · cycleDecay^i · (1 + cos(π · t / Tᵢ)) / 2          Tᵢ = t0 · tMultⁱ
 *
 * with i the index of the cycle from 0, Tᵢ its length, and t the number of steps since its start, which may be
 * fractional. As in PyTorch, no cycle quite reaches etaMin: the step that would do so starts the next cycle.
 *
 * Source: Loshchilov & Hutter 2017, https://arxiv.org/abs/1608.03983, eq. 5; PyTorch's
 * CosineAnnealingWarmRestarts. `cycleDecay` is Keras's m_mul and timm's cycle_decay.
 * @example schedule.cosineAnnealingWarmRestarts(1, { t0: 3, tMult: 2 })(6) // 0.5
 */
export const cosineAnnealingWarmRestarts: FromValue<CosineAnnealingWarmRestartsOptions> = kind(
  'cosineAnnealingWarmRestarts',
  {
    fields: { ...initial, ...warmRestartsOptions },
    timing: ({ t0 }) => until(t0),
    curve({ initial, t0, tMult, etaMin, cycleDecay }) {
      const drop = initial - etaMin
      const cosine = (p: number) => (1 + Math.cos(Math.PI * p)) / 2
      if (tMult === 1 && cycleDecay === 1) return (step) => etaMin + drop * cosine((step % t0) / t0)
      if (tMult === 1)
        return (step) => etaMin + drop * cycleDecay ** Math.floor(step / t0) * cosine((step % t0) / t0)
      const logMult = Math.log(tMult)
      return (step) => {
        let cycle = Math.floor(Math.log((step / t0) * (tMult - 1) + 1) / logMult)
        let length = t0 * tMult ** cycle
        let since = step - (length - t0) / (tMult - 1)
        // The logarithm may round to the cycle before or after.
        if (since >= length) {
          since -= length
          length *= tMult
          cycle++
        } else if (since < 0) {
          length /= tMult
          since += length
          cycle--
        }
        return etaMin + drop * cycleDecay ** cycle * cosine(since / length)
      }
    },
  },
)

const triangle = {
  /** Number of steps from the start of each cycle to the highest learning rate. @default 2_000 */
  stepSizeUp: steps({ above: 0 }, 2000),
  /** Number of steps from the highest learning rate of each cycle to its end. @default stepSizeUp */
  stepSizeDown: steps({ above: 0 }),
  /** Height of cycles: constant, halved per cycle, or multiplied by `gamma` per step. @default 'triangular' */
  mode: choice(['triangular', 'triangular2', 'expRange'], 'triangular'),
  /** With mode 'expRange', number that multiplies the height of the cycle at each step. @default 1 */
  gamma: number({ min: 0 }, 1),
  /** Relative height of cycles, an expression of `cycle` (counted from 1) and `step`, instead of a `mode`. */
  scale: formula('cycle', 'step'),
}

const cyclicOptions = {
  /** Value at the peak of the first cycle. */
  maxLr: required(number()),
  ...triangle,
}
export interface CyclicOptions extends OptionsOf<typeof cyclicOptions> {}

/**
 * A triangle wave: straight lines up from `baseLr` to `maxLr` and down again.
 *
 *     baseLr + (maxLr − baseLr) · h · scale          h goes from 0 to 1 and back in each cycle
 *     scale = 1 (triangular), 1 / 2^(cycle − 1) (triangular2), gamma^step (expRange)
 *
 * @throws {ArgumentError} when both a scale and a mode other than 'triangular' are given
 * Source: Smith 2017, https://arxiv.org/abs/1506.01186; PyTorch's CyclicLR, and its defaults.
 * @example schedule.cyclic(0, { maxLr: 1, stepSizeUp: 10 })(15) // 0.5
 */
export const cyclic: Constructor<[baseLr: number, options: CyclicOptions]> = kind('cyclic', {
  fields: {
    /** Value at the start and the end of each cycle. */
    baseLr: required(number()),
    ...cyclicOptions,
  },
  consecutive: ['stepSizeUp', 'stepSizeDown'],
  check: checkScale,
  timing: firstCycle,
  curve({ baseLr, maxLr, ...options }) {
    const height = wave(options)
    return (step) => baseLr + (maxLr - baseLr) * height(step)
  },
})

const cyclicMomentumOptions = {
  /** Momentum at the start and the end of each cycle, where the learning rate is lowest. @default 0.9 */
  maxMomentum: number({}, 0.9),
  ...triangle,
}
export interface CyclicMomentumOptions extends OptionsOf<typeof cyclicMomentumOptions> {}

/**
 * The momentum that goes with a `cyclic` learning rate: lowest where the learning rate is highest.
 *
 *     maxMomentum − (maxMomentum − baseMomentum) · h · scale          h and scale as in `cyclic`
 *
 * Source: PyTorch's CyclicLR with cycle_momentum, whose baseMomentum is 0.8.
 */
export const cyclicMomentum: Constructor<[baseMomentum: number, options?: CyclicMomentumOptions]> = kind(
  'cyclicMomentum',
  {
    fields: {
      /** Momentum where the learning rate is highest, in the first cycle. */
      baseMomentum: required(number()),
      ...cyclicMomentumOptions,
    },
    consecutive: ['stepSizeUp', 'stepSizeDown'],
    check: checkScale,
    timing: firstCycle,
    curve({ baseMomentum, maxMomentum, ...options }) {
      const height = wave(options)
      return (step) => maxMomentum - (maxMomentum - baseMomentum) * height(step)
    },
  },
)

/** Returns the curve h · scale of `cyclic`, where h rises from 0 to 1 and falls back to 0 in each cycle. */
function wave({ stepSizeUp, stepSizeDown, mode, gamma, scale }: Fields<typeof triangle>): Curve {
  const total = stepSizeUp + (stepSizeDown ?? stepSizeUp)
  const ratio = stepSizeUp / total
  const height = (x: number) => (x <= ratio ? x / ratio : (x - 1) / (ratio - 1))
  const scales: Readonly<Record<typeof mode, Expression>> = {
    triangular: () => 1,
    triangular2: (cycle) => 1 / 2 ** (cycle - 1),
    expRange: (_, step) => gamma ** step,
  }
  const scaleAt = scale ?? scales[mode]
  return (step) => {
    const cycle = Math.floor(1 + step / total)
    return height(1 + step / total - cycle) * scaleAt(cycle, step)
  }
}

/** Returns the timing of an endless triangle wave, whose last planned change is the end of its first cycle. */
function firstCycle({ stepSizeUp, stepSizeDown = stepSizeUp }: Fields<typeof triangle>): Timing {
  return until(stepSizeUp + stepSizeDown)
}

function checkScale({ mode, scale }: Fields<typeof triangle>, who: string): void {
  if (scale === undefined || mode === 'triangular') return
  throw mismatch(who, 'a mode or a scale', { mode, scale: 'given' }, 'leave one out')
}
