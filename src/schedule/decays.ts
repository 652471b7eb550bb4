/** Decays that go on forever; decays that end at a given step are in curves.ts and budgets.ts. */

import { boolean, number, type OptionsOf, required } from '../core/options.ts'
import { type Constructor, type FromValue, kind } from './kind.ts'
import { steps } from './length.ts'
import { initial } from './options.ts'
import type { Curve } from './schedule.ts'
import { until } from './timing.ts'

const pace = {
  /** Number of steps in a decay period, to which `gamma` or `decayRate` refers. @default 1 */
  decaySteps: steps({ above: 0 }, 1),
  /** Whether the value changes once per decay period (in jumps) instead of at each step. @default false */
  staircase: boolean(false),
}

const exponentialOptions = {
  /** Number by which the value is multiplied per decay period. */
  gamma: required(number({ min: 0 })),
  ...pace,
}
export interface ExponentialOptions extends OptionsOf<typeof exponentialOptions> {}

/**
 * Exponential decay: the value is multiplied by `gamma` per `decaySteps` steps.
 *
 *     initial · gamma^(step / decaySteps)          with `staircase`, ⌊step / decaySteps⌋ instead
 *
 * For a lower bound, apply `clamped` to this schedule.
 *
 * Source: PyTorch's ExponentialLR; Keras's ExponentialDecay, whose decay_rate is gamma.
 * @example schedule.exponential(1, { gamma: 0.5 })(2) // 0.25
 */
export const exponential: FromValue<ExponentialOptions> = kind('exponential', {
  fields: { ...initial, ...exponentialOptions },
  curve: ({ initial, gamma, ...pace }) => paced(pace, (t) => initial * gamma ** t),
})

const decayOptions = {
  /** Rate of the decay: the number that multiplies step / decaySteps in the formula. */
  decayRate: required(number({ min: 0 })),
  ...pace,
}
export interface DecayOptions extends OptionsOf<typeof decayOptions> {}

/**
 * Exponential decay, given a rate instead of a factor.
 *
 *     initial · exp(−decayRate · step / decaySteps)          with `staircase`, ⌊step / decaySteps⌋ instead
 *
 * Source: Paddle's NaturalExpDecay.
 */
export const naturalExp: FromValue<DecayOptions> = kind('naturalExp', {
  fields: { ...initial, ...decayOptions },
  curve: ({ initial, decayRate, ...pace }) => paced(pace, (t) => initial * Math.exp(-decayRate * t)),
})

/**
 * Decay in proportion to the inverse of the step, shifted to start at `initial`.
 *
 *     initial / (1 + decayRate · step / decaySteps)          with `staircase`, ⌊step / decaySteps⌋ instead
 *
 * Source: Keras's InverseTimeDecay.
 * @example schedule.inverseTime(1, { decayRate: 0.5 })(2) // 0.5
 */
export const inverseTime: FromValue<DecayOptions> = kind('inverseTime', {
  fields: { ...initial, ...decayOptions },
  curve: ({ initial, decayRate, ...pace }) => paced(pace, (t) => initial / (1 + decayRate * t)),
})

const inverseSqrtOptions = {
  /** Number of steps after which the value is initial / √2. @default 10_000 */
  timescale: steps({ above: 0 }, 10_000),
}
export interface InverseSqrtOptions extends OptionsOf<typeof inverseSqrtOptions> {}

/**
 * Decay in proportion to 1 / √step, shifted to start at `initial`. With a `warmup` of `timescale` steps before
 * it, the result is proportional to `noam`.
 *
 *     initial / √(1 + step / timescale)
 *
 * Source: the inverse_sqrt schedule of Hugging Face.
 */
export const inverseSqrt: FromValue<InverseSqrtOptions> = kind('inverseSqrt', {
  fields: { ...initial, ...inverseSqrtOptions },
  curve({ initial, timescale }) {
    return (step) => initial / Math.sqrt(1 + step / timescale)
  },
})

const noamOptions = {
  /** Width of the model (d_model of a Transformer). */
  modelSize: required(number({ above: 0 })),
  /** Number of steps of the linear warmup. */
  warmupSteps: required(steps({ above: 0 })),
}
export interface NoamOptions extends OptionsOf<typeof noamOptions> {}

/**
 * The schedule of the original Transformer: a linear warmup, then decay in proportion to 1 / √step.
 *
 *     factor · modelSize^−½ · min(n^−½, n · warmupSteps^−1.5)          n = step + 1
 *
 * Source: Vaswani et al. 2017, https://arxiv.org/abs/1706.03762, eq. 3, which counts steps from 1, hence n.
 * Paddle's NoamDecay starts at n = 0, with a value of 0.
 */
export const noam: Constructor<[factor: number, options: NoamOptions]> = kind('noam', {
  fields: {
    /** Number that multiplies all values. */
    factor: required(number()),
    ...noamOptions,
  },
  timing: ({ warmupSteps }) => until(warmupSteps),
  curve({ factor, modelSize, warmupSteps }) {
    const scale = factor / Math.sqrt(modelSize)
    const slope = warmupSteps ** -1.5
    return (step) => scale * Math.min(1 / Math.sqrt(step + 1), (step + 1) * slope)
  },
})

function paced({ decaySteps, staircase }: { decaySteps: number; staircase: boolean }, decay: Curve): Curve {
  if (staircase) return (step) => decay(Math.floor(step / decaySteps))
  return decaySteps === 1 ? decay : (step) => decay(step / decaySteps)
}
