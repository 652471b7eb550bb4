import { mismatch } from '../core/mismatch.ts'
import { boolean, choice, integer, number, type OptionsOf, required, type ValuesOf } from '../core/options.ts'
import { type Constructor, kind, type Span } from './kind.ts'
import { afterEnd } from './options.ts'
import type { Curve } from './schedule.ts'

const phases = {
  /** Steps in all. Or give `epochs` and `stepsPerEpoch`. */
  totalSteps: integer({ min: 1 }),
  /** Epochs in all. */
  epochs: integer({ min: 1 }),
  /** Steps in an epoch. */
  stepsPerEpoch: integer({ min: 1 }),
  /** Share of the steps spent on the rise. @default 0.3 */
  pctStart: number({ min: 0, max: 1 }, 0.3),
  /** Shape of the way from one value to the next. @default 'cos' */
  annealStrategy: choice(['cos', 'linear'], 'cos'),
  /** Whether it falls in two phases: to the first value as fast as it rose, then on. @default false */
  threePhase: boolean(false),
}

type Phases = ValuesOf<typeof phases>

const oneCycleOptions = {
  ...phases,
  /** The first value is maxLr / divFactor. @default 25 */
  divFactor: number({ above: 0 }, 25),
  /** The last value is the first / finalDivFactor. @default 10_000 */
  finalDivFactor: number({ above: 0 }, 1e4),
  ...afterEnd,
}

export interface OneCycleOptions extends OptionsOf<typeof oneCycleOptions> {}

/**
 * A rise from maxLr / divFactor to `maxLr`, then a fall to maxLr / (divFactor · finalDivFactor).
 *
 *     two phases    rise until step pctStart · n − 1, fall until step n − 1                     n = totalSteps
 *     three phases  rise until pctStart · n − 1, fall to the first value until 2 · pctStart · n − 2, then on
 *
 * Each phase is half a cosine or a line. The phases end where PyTorch's do: between two steps if pctStart · n
 * is not an integer, and then no step has exactly `maxLr`. After step n − 1 PyTorch allows one more step, where
 * a linear cycle is negative, and throws at the next; here the last value holds, and 'throw' allows no extra
 * step. The momentum beside it is `oneCycleMomentum`.
 *
 * @throws {ArgumentError} unless the length is given once; when pctStart · n is 1, where the rise has no length
 * (PyTorch divides by zero); when there are three phases and pctStart > 0.5
 * Source: Smith & Topin 2018, https://arxiv.org/abs/1708.07120; PyTorch's OneCycleLR, and its defaults.
 */
export const oneCycle: Constructor<[maxLr: number, options: OneCycleOptions]> = kind('oneCycle', {
  fields: {
    /** Value at the top. */
    maxLr: required(number()),
    ...oneCycleOptions,
  },
  check: checkPhases,
  span: spanOf,
  extrapolates: ({ pctStart }) => pctStart < 1,
  curve({ maxLr, divFactor, finalDivFactor, ...options }) {
    const first = maxLr / divFactor
    return cycle(options, first, maxLr, first / finalDivFactor)
  },
})

const oneCycleMomentumOptions = {
  ...phases,
  /** Value at both ends, where the learning rate is lowest. @default 0.95 */
  maxMomentum: number({}, 0.95),
  ...afterEnd,
}

export interface OneCycleMomentumOptions extends OptionsOf<typeof oneCycleMomentumOptions> {}

/**
 * The momentum beside `oneCycle`: `maxMomentum` at both ends, `baseMomentum` where the learning rate is
 * highest.
 *
 * With three phases it stays at `maxMomentum` in the last.
 *
 * @throws {ArgumentError} as `oneCycle` does
 * Source: PyTorch's OneCycleLR with cycle_momentum, whose baseMomentum is 0.85.
 */
export const oneCycleMomentum: Constructor<[baseMomentum: number, options: OneCycleMomentumOptions]> = kind(
  'oneCycleMomentum',
  {
    fields: {
      /** Value at the top of the learning rate. */
      baseMomentum: required(number()),
      ...oneCycleMomentumOptions,
    },
    check: checkPhases,
    span: spanOf,
    extrapolates: ({ pctStart }) => pctStart < 1,
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

function cosine(from: number, to: number, share: number): number {
  return to + ((from - to) / 2) * (1 + Math.cos(Math.PI * share))
}

function line(from: number, to: number, share: number): number {
  return from + (to - from) * share
}

function length({ totalSteps, epochs, stepsPerEpoch }: Phases): number {
  return totalSteps ?? (epochs ?? 0) * (stepsPerEpoch ?? 0)
}

function spanOf(values: Phases): Span {
  const steps = length(values)
  return { end: steps - 1, period: steps }
}

function checkPhases(values: Phases, who: string): void {
  const { totalSteps, epochs, stepsPerEpoch, pctStart, threePhase } = values
  const steps = length(values)
  if (steps === 0 || (totalSteps !== undefined && (epochs ?? stepsPerEpoch) !== undefined)) {
    const given = { totalSteps, epochs, stepsPerEpoch }
    throw mismatch(who, 'totalSteps, or epochs and stepsPerEpoch', given, 'give the length once')
  }
  if (pctStart * steps === 1) {
    const fix = 'the rise ends at step pctStart × totalSteps - 1, so use more steps or a larger share'
    throw mismatch(who, 'pctStart × totalSteps other than 1', `${pctStart} × ${steps}`, fix)
  }
  if (threePhase && pctStart > 0.5) {
    throw mismatch(
      who,
      'pctStart ≤ 0.5 with threePhase',
      pctStart,
      'the rise and the fall take pctStart each',
    )
  }
}
