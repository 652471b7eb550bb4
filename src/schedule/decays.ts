/** Curves that fall forever. Those with an end are in curves.ts and budgets.ts. */
import { boolean, number, type OptionsOf, required } from '../core/options.ts'
import { type Constructor, kind } from './kind.ts'
import { initial } from './options.ts'
import type { Curve } from './schedule.ts'

const pace = {
  /** Steps that the rate applies to. @default 1 */
  decaySteps: number({ above: 0 }, 1),
  /** Whether the value jumps every `decaySteps` steps instead of falling at each. @default false */
  staircase: boolean(false),
}

const exponentialOptions = {
  /** Factor of every `decaySteps` steps. */
  gamma: required(number({ min: 0 })),
  ...pace,
}

export interface ExponentialOptions extends OptionsOf<typeof exponentialOptions> {}

/**
 * A value that each step multiplies by the same factor.
 *
 *     initial · gamma^(step / decaySteps)          ⌊step / decaySteps⌋ with staircase
 *
 * Source: PyTorch's ExponentialLR; Keras's ExponentialDecay (gamma is its decay_rate). Limit it with `clamped`.
 * @example schedule.exponential(1, { gamma: 0.5 })(2) // 0.25
 */
export const exponential: Constructor<[initial: number, options: ExponentialOptions]> = kind('exponential', {
  fields: { ...initial, ...exponentialOptions },
  curve: ({ initial, gamma, ...pace }) => paced(pace, (t) => initial * gamma ** t),
})

const decayOptions = {
  /** Rate of the fall. */
  decayRate: required(number({ min: 0 })),
  ...pace,
}

export interface DecayOptions extends OptionsOf<typeof decayOptions> {}

/**
 * An exponential decay, given its rate.
 *
 *     initial · exp(−decayRate · step / decaySteps)          ⌊step / decaySteps⌋ with staircase
 *
 * Source: Paddle's NaturalExpDecay.
 */
export const naturalExp: Constructor<[initial: number, options: DecayOptions]> = kind('naturalExp', {
  fields: { ...initial, ...decayOptions },
  curve: ({ initial, decayRate, ...pace }) => paced(pace, (t) => initial * Math.exp(-decayRate * t)),
})

/**
 * A decay as one over the step.
 *
 *     initial / (1 + decayRate · step / decaySteps)          ⌊step / decaySteps⌋ with staircase
 *
 * Source: Keras's InverseTimeDecay.
 * @example schedule.inverseTime(1, { decayRate: 0.5 })(2) // 0.5
 */
export const inverseTime: Constructor<[initial: number, options: DecayOptions]> = kind('inverseTime', {
  fields: { ...initial, ...decayOptions },
  curve: ({ initial, decayRate, ...pace }) => paced(pace, (t) => initial / (1 + decayRate * t)),
})

const inverseSqrtOptions = {
  /** Steps until the value has fallen to initial / √2. @default 10_000 */
  timescale: number({ above: 0 }, 10_000),
}

export interface InverseSqrtOptions extends OptionsOf<typeof inverseSqrtOptions> {}

/**
 * A decay as one over the square root of the step.
 *
 *     initial / √(1 + step / timescale)
 *
 * After a warmup of `timescale` steps it is the Transformer's rule without its constant.
 *
 * Source: the inverse_sqrt schedule of Hugging Face.
 */
export const inverseSqrt: Constructor<[initial: number, options?: InverseSqrtOptions]> = kind('inverseSqrt', {
  fields: { ...initial, ...inverseSqrtOptions },
  curve({ initial, timescale }) {
    return (step) => initial / Math.sqrt(1 + step / timescale)
  },
})

const noamOptions = {
  /** Width of the model. */
  modelSize: required(number({ above: 0 })),
  /** Steps of the rise. */
  warmupSteps: required(number({ above: 0 })),
}

export interface NoamOptions extends OptionsOf<typeof noamOptions> {}

/**
 * The Transformer's rule: a linear rise, then one over the square root of the step.
 *
 *     factor · modelSize^−½ · min(n^−½, n · warmupSteps^−1.5)          n = step + 1
 *
 * The paper counts steps from 1, hence n. Paddle's NoamDecay starts at n = 0, with a value of 0.
 *
 * Source: Vaswani et al. 2017, https://arxiv.org/abs/1706.03762, eq. 3.
 */
export const noam: Constructor<[factor: number, options: NoamOptions]> = kind('noam', {
  fields: {
    /** What multiplies the rule. */
    factor: required(number()),
    ...noamOptions,
  },
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
