import { mismatch } from '../core/mismatch.ts'
import { boolean, choice, maybeInteger, number, type Values } from './field.ts'
import { type Kind, kind, make, type Span } from './kind.ts'
import type { After, Curve, Schedule } from './schedule.ts'

interface PhaseOptions {
  /** Steps in all, a whole number >= 1. Or give `epochs` and `stepsPerEpoch`. */
  readonly totalSteps?: number
  readonly epochs?: number
  readonly stepsPerEpoch?: number
  /** Share of the steps spent on the rise, from 0 to 1; 0.3 unless given. */
  readonly pctStart?: number
  /** The way from one value to the next: 'cos' unless given. */
  readonly annealStrategy?: 'cos' | 'linear'
  /** Whether the fall goes to the first value in as many steps as the rise, and then on to the last. */
  readonly threePhase?: boolean
  readonly after?: After
}

export interface OneCycleOptions extends PhaseOptions {
  /** The first value is maxLr / divFactor, > 0; 25 unless given. */
  readonly divFactor?: number
  /** The last value is the first / finalDivFactor, > 0; 10,000 unless given. */
  readonly finalDivFactor?: number
}

export interface OneCycleMomentumOptions extends PhaseOptions {
  /** The value at both ends, where the learning rate is lowest; 0.95 unless given. */
  readonly maxMomentum?: number
}

const phases = {
  totalSteps: maybeInteger('the number of steps in all', { min: 1 }),
  epochs: maybeInteger('the number of epochs', { min: 1 }),
  stepsPerEpoch: maybeInteger('the number of steps in an epoch', { min: 1 }),
  pctStart: number('the share of the steps spent on the rise', { min: 0, max: 1 }, 0.3),
  annealStrategy: choice('the way from one value to the next', ['cos', 'linear'], 'cos'),
  threePhase: boolean('whether it falls to the first value before the last', false),
}

type Phases = Values<typeof phases>

export const oneCycleKind: Kind = kind({
  type: 'oneCycle',
  about: 'rises to a top and falls far below its start',
  fields: {
    maxLr: number('the value at the top'),
    ...phases,
    divFactor: number('what the top is divided by to give the first value', { above: 0 }, 25),
    finalDivFactor: number('what the first value is divided by to give the last', { above: 0 }, 1e4),
  },
  check: (values) => refuse('schedule.oneCycle', values),
  span: (values) => span(values),
  extrapolates: ({ pctStart }) => pctStart < 1,
  curve({ maxLr, divFactor, finalDivFactor, ...options }) {
    const first = maxLr / divFactor
    return cycle(options, first, maxLr, first / finalDivFactor)
  },
})

/**
 * A rise from maxLr / divFactor to `maxLr`, then a fall to maxLr / (divFactor · finalDivFactor).
 *
 *     two phases    rise until step pctStart · n − 1, fall until step n − 1                        n = totalSteps
 *     three phases  rise until pctStart · n − 1, fall to the first value until 2 · pctStart · n − 2, then to the last
 *
 * Each phase is half a cosine or a line. The phases end where PyTorch's do: between two steps, when pctStart · n is
 * no whole number, and then no step has exactly `maxLr`. After step n − 1 PyTorch allows one step more, where a
 * linear cycle is negative, and throws at the next; here the last value holds, and 'throw' allows no extra step.
 * The momentum beside it is `oneCycleMomentum`.
 *
 * @throws {ArgumentError} unless the length is given once; when pctStart · n is 1, where the rise has no length
 * (PyTorch divides by zero); when there are three phases and pctStart > 0.5
 * Source: Smith & Topin 2018, https://arxiv.org/abs/1708.07120; PyTorch's OneCycleLR, and its defaults.
 */
export function oneCycle(maxLr: number, options: OneCycleOptions): Schedule {
  return make(oneCycleKind, maxLr, options)
}

export const oneCycleMomentumKind: Kind = kind({
  type: 'oneCycleMomentum',
  about: 'falls where oneCycle rises, for the momentum beside it',
  fields: {
    baseMomentum: number('the value at the top of the learning rate'),
    ...phases,
    maxMomentum: number('the value at both ends', {}, 0.95),
  },
  check: (values) => refuse('schedule.oneCycleMomentum', values),
  span: (values) => span(values),
  extrapolates: ({ pctStart }) => pctStart < 1,
  curve: ({ baseMomentum, maxMomentum, ...options }) =>
    cycle(options, maxMomentum, baseMomentum, maxMomentum),
})

/**
 * The momentum beside `oneCycle`: `maxMomentum` at both ends, `baseMomentum` where the learning rate is highest.
 *
 * With three phases it stays at `maxMomentum` in the last.
 *
 * @throws {ArgumentError} as `oneCycle` does
 * Source: PyTorch's OneCycleLR with cycle_momentum, whose baseMomentum is 0.85.
 */
export function oneCycleMomentum(baseMomentum: number, options: OneCycleMomentumOptions): Schedule {
  return make(oneCycleMomentumKind, baseMomentum, options)
}

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

function span(values: Phases): Span {
  const steps = length(values)
  return { end: steps - 1, period: steps }
}

function refuse(who: string, values: Phases): Error | undefined {
  const { totalSteps, epochs, stepsPerEpoch, pctStart, threePhase } = values
  const given = { totalSteps, epochs, stepsPerEpoch }
  const once =
    totalSteps === undefined
      ? epochs !== undefined && stepsPerEpoch !== undefined
      : !(epochs ?? stepsPerEpoch)
  if (!once) return mismatch(who, 'totalSteps, or epochs and stepsPerEpoch', given, 'give the length once')
  const steps = length(values)
  if (pctStart * steps === 1) {
    const fix = 'the rise ends at step pctStart × totalSteps - 1, so use more steps or a larger share'
    return mismatch(who, 'pctStart × totalSteps other than 1', `${pctStart} × ${steps}`, fix)
  }
  if (!threePhase || pctStart <= 0.5) return undefined
  return mismatch(
    who,
    'pctStart <= 0.5 with threePhase',
    pctStart,
    'the rise and the fall take pctStart each',
  )
}
