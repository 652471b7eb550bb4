import { mismatch } from '../core/mismatch.ts'
import { boolean, choice, integer, number, type OptionsOf, required } from '../core/options.ts'
import { type Constructor, type Fields, kind } from './kind.ts'
import { wholeSteps } from './length.ts'
import { afterEnd } from './options.ts'
import type { Curve } from './schedule.ts'

const phases = {
  /** Number of steps of the cycle; omit it if `epochs` and `stepsPerEpoch` are given. */
  totalSteps: wholeSteps({ min: 1 }),
  /** Number of epochs of the cycle, given with `stepsPerEpoch` instead of `totalSteps`. */
  epochs: integer({ min: 1 }),
  /** Number of steps per epoch, given with `epochs`. */
  stepsPerEpoch: integer({ min: 1 }),
  /** Fraction of all steps after which the learning rate is highest. @default 0.3 */
  pctStart: number({ min: 0, max: 1 }, 0.3),
  /** Shape of the curve in each phase: half a cosine, or a line. @default 'cos' */
  annealStrategy: choice(['cos', 'linear'], 'cos'),
  /** Whether to decay in two phases: first down to the value at step 0, then below it. @default false */
  threePhase: boolean(false),
}

type Phases = Fields<typeof phases>

const lengthAndChecks = {
  isWhole: true,
  check: checkPhases,
  span: (values: Phases) => ({ end: length(values) - 1, period: length(values) }),
  extrapolates: ({ pctStart }: Phases) => pctStart < 1,
}

const oneCycleOptions = {
  ...phases,
  /** Ratio of `maxLr` to the value at step 0. @default 25 */
  divFactor: number({ above: 0 }, 25),
  /** Ratio of the value at step 0 to the value at the last step. @default 10_000 */
  finalDivFactor: number({ above: 0 }, 1e4),
  ...afterEnd,
}
export interface OneCycleOptions extends OptionsOf<typeof oneCycleOptions> {}

/**
 * A warmup from maxLr / divFactor to `maxLr`, then a decay to maxLr / (divFactor · finalDivFactor).
 *
 *     two phases    up until step pctStart · n − 1, down until step n − 1                n = totalSteps
 *     three phases  up until step pctStart · n − 1, back to the step 0 value until step 2 · pctStart · n − 2,
 *                   down to the last value until step n − 1
 *
 * Each phase is half a cosine or a line. As in PyTorch, a phase ends between two steps if pctStart · n is not
 * an integer, and then no step has exactly `maxLr`. PyTorch also gives step n a value, which is negative for
 * linear phases; here the option `after` applies from step n on. For the momentum see `oneCycleMomentum`.
 *
 * @throws {ArgumentError} unless the length is given exactly once; when pctStart · n is 1, a warmup of length
 * 0, where PyTorch divides by zero; when there are three phases and pctStart > 0.5
 * Source: Smith & Topin 2018, https://arxiv.org/abs/1708.07120; PyTorch's OneCycleLR, and its defaults.
 */
export const oneCycle: Constructor<[maxLr: number, options: OneCycleOptions]> = kind('oneCycle', {
  fields: {
    /** Highest learning rate, between warmup and decay. */
    maxLr: required(number()),
    ...oneCycleOptions,
  },
  ...lengthAndChecks,
  curve({ maxLr, divFactor, finalDivFactor, ...options }) {
    const first = maxLr / divFactor
    return cycle(options, first, maxLr, first / finalDivFactor)
  },
})

const oneCycleMomentumOptions = {
  ...phases,
  /** Momentum at the first and the last step, where the learning rate is low. @default 0.95 */
  maxMomentum: number({}, 0.95),
  ...afterEnd,
}
export interface OneCycleMomentumOptions extends OptionsOf<typeof oneCycleMomentumOptions> {}

/**
 * The momentum that goes with a `oneCycle` learning rate: `baseMomentum` where the learning rate is highest,
 * `maxMomentum` at both ends, and also throughout the third phase if there is one.
 *
 * @throws {ArgumentError} where `oneCycle` refuses the phases
 * Source: PyTorch's OneCycleLR with cycle_momentum, whose baseMomentum is 0.85.
 */
export const oneCycleMomentum: Constructor<[baseMomentum: number, options: OneCycleMomentumOptions]> = kind(
  'oneCycleMomentum',
  {
    fields: {
      /** Momentum where the learning rate is highest. */
      baseMomentum: required(number()),
      ...oneCycleMomentumOptions,
    },
    ...lengthAndChecks,
    curve: ({ baseMomentum, maxMomentum, ...options }) =>
      cycle(options, maxMomentum, baseMomentum, maxMomentum),
  },
)

function cycle(options: Phases, first: number, top: number, last: number): Curve {
  const anneal = options.annealStrategy === 'cos' ? cosine : line
  const steps = length(options)
  const rise = options.pctStart * steps - 1
  const end = steps - 1
  if (!options.threePhase) {
    return (step) =>
      step <= rise ? anneal(first, top, step / rise) : anneal(top, last, (step - rise) / (end - rise))
  }
  const fall = 2 * rise
  return (step) => {
    if (step <= rise) return anneal(first, top, step / rise)
    if (step <= fall) return anneal(top, first, (step - rise) / (fall - rise))
    return anneal(first, last, (step - fall) / (end - fall))
  }
}

const cosine = (from: number, to: number, p: number): number =>
  to + ((from - to) / 2) * (1 + Math.cos(Math.PI * p))

const line = (from: number, to: number, p: number): number => from + (to - from) * p

const length = ({ totalSteps, epochs, stepsPerEpoch }: Phases): number =>
  totalSteps ?? (epochs ?? 0) * (stepsPerEpoch ?? 0)

function checkPhases(values: Phases, who: string): void {
  const { totalSteps, epochs, stepsPerEpoch, pctStart, threePhase } = values
  const steps = length(values)
  if (steps === 0 || (totalSteps !== undefined && (epochs ?? stepsPerEpoch) !== undefined)) {
    const given = { totalSteps, epochs, stepsPerEpoch }
    throw mismatch(who, 'totalSteps, or epochs and stepsPerEpoch', given, 'give the length once')
  }
  if (pctStart * steps === 1) {
    const fix = 'the warmup ends at step pctStart × totalSteps - 1, so raise either'
    throw mismatch(who, 'pctStart × totalSteps other than 1', `${pctStart} × ${steps}`, fix)
  }
  if (threePhase && pctStart > 0.5) {
    throw mismatch(who, 'pctStart ≤ 0.5 with threePhase', pctStart, 'two phases take pctStart each')
  }
}
