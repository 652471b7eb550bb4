/** Curves that fall for ever. Those with an end are in curves.ts and budgets.ts. */
import { boolean, number } from './field.ts'
import { type Kind, kind, make } from './kind.ts'
import type { Curve, Schedule } from './schedule.ts'

export interface ExponentialOptions {
  /** What `decaySteps` steps multiply the value by, >= 0. */
  readonly gamma: number
  /** Steps that gamma is for, > 0; 1 unless given. */
  readonly decaySteps?: number
  /** Whether the value jumps every `decaySteps` rather than falling at each step. */
  readonly staircase?: boolean
}

const decaySteps = number('the number of steps that the rate is for', { above: 0 }, 1)
const staircase = boolean('whether the value jumps every decaySteps steps', false)

export const exponentialKind: Kind = kind({
  type: 'exponential',
  about: 'is multiplied by gamma every decaySteps steps',
  fields: {
    initial: number('the value of step 0'),
    gamma: number('what decaySteps steps multiply the value by', { min: 0 }),
    decaySteps,
    staircase,
  },
  curve: ({ initial, gamma, ...pace }) => paced(pace, (t) => initial * gamma ** t),
})

/**
 * A value that each step multiplies by the same factor.
 *
 *     initial · gamma^(step / decaySteps)          ⌊step / decaySteps⌋ with staircase
 *
 * Source: PyTorch's ExponentialLR; Keras's ExponentialDecay (gamma is its decay_rate). Limit it with `clamped`.
 * @example schedule.exponential(1, { gamma: 0.5 })(2) // 0.25
 */
export function exponential(initial: number, options: ExponentialOptions): Schedule {
  return make(exponentialKind, initial, options)
}

export interface DecayOptions {
  /** How fast the value falls, >= 0. */
  readonly decayRate: number
  /** Steps that the rate is for, > 0; 1 unless given. */
  readonly decaySteps?: number
  /** Whether the value jumps every `decaySteps` rather than falling at each step. */
  readonly staircase?: boolean
}

const decayFields = {
  initial: number('the value of step 0'),
  decayRate: number('how fast the value falls', { min: 0 }),
  decaySteps,
  staircase,
}

export const naturalExpKind: Kind = kind({
  type: 'naturalExp',
  about: 'falls as the exponential function',
  fields: decayFields,
  curve: ({ initial, decayRate, ...pace }) => paced(pace, (t) => initial * Math.exp(-decayRate * t)),
})

/**
 *     initial · exp(−decayRate · step / decaySteps)          ⌊step / decaySteps⌋ with staircase
 *
 * Source: Paddle's NaturalExpDecay.
 */
export function naturalExp(initial: number, options: DecayOptions): Schedule {
  return make(naturalExpKind, initial, options)
}

export const inverseTimeKind: Kind = kind({
  type: 'inverseTime',
  about: 'falls as one over the step',
  fields: decayFields,
  curve: ({ initial, decayRate, ...pace }) => paced(pace, (t) => initial / (1 + decayRate * t)),
})

/**
 *     initial / (1 + decayRate · step / decaySteps)          ⌊step / decaySteps⌋ with staircase
 *
 * Source: Keras's InverseTimeDecay.
 * @example schedule.inverseTime(1, { decayRate: 0.5 })(2) // 0.5
 */
export function inverseTime(initial: number, options: DecayOptions): Schedule {
  return make(inverseTimeKind, initial, options)
}

export interface InverseSqrtOptions {
  /** Steps after which the value has fallen to initial / √2, > 0; 10,000 unless given. */
  readonly timescale?: number
}

export const inverseSqrtKind: Kind = kind({
  type: 'inverseSqrt',
  about: 'falls as one over the square root of the step',
  fields: {
    initial: number('the value of step 0'),
    timescale: number(
      'the number of steps after which the value has fallen to initial / √2',
      { above: 0 },
      10_000,
    ),
  },
  curve:
    ({ initial, timescale }) =>
    (step) =>
      initial / Math.sqrt(1 + step / timescale),
})

/**
 *     initial / √(1 + step / timescale)
 *
 * With a warmup of `timescale` steps before it, it is the Transformer's rule without its constant.
 *
 * Source: the inverse_sqrt schedule of Hugging Face.
 */
export function inverseSqrt(initial: number, options: InverseSqrtOptions = {}): Schedule {
  return make(inverseSqrtKind, initial, options)
}

export interface NoamOptions {
  /** Width of the model, > 0. */
  readonly modelSize: number
  /** Steps of the rise, > 0. */
  readonly warmupSteps: number
}

export const noamKind: Kind = kind({
  type: 'noam',
  about: 'rises, then falls as one over the square root of the step',
  fields: {
    factor: number('what multiplies the rule'),
    modelSize: number('the width of the model', { above: 0 }),
    warmupSteps: number('the number of steps of the rise', { above: 0 }),
  },
  curve({ factor, modelSize, warmupSteps }) {
    const scale = factor / Math.sqrt(modelSize)
    const slope = warmupSteps ** -1.5
    return (step) => scale * Math.min(1 / Math.sqrt(step + 1), (step + 1) * slope)
  },
})

/**
 * The Transformer's rule: a linear rise, then one over the square root.
 *
 *     factor · modelSize^−½ · min(n^−½, n · warmupSteps^−1.5)          n = step + 1
 *
 * The paper counts steps from 1, hence n. Paddle's NoamDecay starts at n = 0, with a value of 0.
 *
 * Source: Vaswani et al. 2017, https://arxiv.org/abs/1706.03762, eq. 3.
 */
export function noam(factor: number, options: NoamOptions): Schedule {
  return make(noamKind, factor, options)
}

function paced(pace: { decaySteps: number; staircase: boolean }, decay: Curve): Curve {
  const { decaySteps, staircase } = pace
  if (staircase) return (step) => decay(Math.floor(step / decaySteps))
  return decaySteps === 1 ? decay : (step) => decay(step / decaySteps)
}
