/** Schedules that keep a value for a while, then jump to the next. */

import { mismatch } from '../core/mismatch.ts'
import { countUpTo, rising } from './bisect.ts'
import { number, numbers } from './field.ts'
import { type Kind, kind, make } from './kind.ts'
import type { Schedule } from './schedule.ts'

export interface StepOptions {
  /** Steps between two drops, > 0. */
  readonly stepSize: number
  /** What each drop multiplies the value by, >= 0; 0.1 unless given. */
  readonly gamma?: number
}

export const stepKind: Kind = kind({
  type: 'step',
  about: 'is multiplied by gamma every stepSize steps',
  fields: {
    initial: number('the value of step 0'),
    stepSize: number('the number of steps between two drops', { above: 0 }),
    gamma: number('what each drop multiplies the value by', { min: 0 }, 0.1),
  },
  curve:
    ({ initial, stepSize, gamma }) =>
    (step) =>
      initial * gamma ** Math.floor(step / stepSize),
})

/**
 * A value that is multiplied by `gamma` every `stepSize` steps.
 *
 *     initial · gamma^⌊step / stepSize⌋
 *
 * Source: PyTorch's StepLR.
 * @example schedule.step(0.1, { stepSize: 30, gamma: 0.5 })(45) // 0.05
 */
export function step(initial: number, options: StepOptions): Schedule {
  return make(stepKind, initial, options)
}

export interface MultiStepOptions {
  /** The steps of the drops, in any order, >= 0; one given twice drops twice. */
  readonly milestones: readonly number[]
  /** What each drop multiplies the value by, >= 0; 0.1 unless given. */
  readonly gamma?: number
}

export const multiStepKind: Kind = kind({
  type: 'multiStep',
  about: 'is multiplied by gamma at each milestone',
  fields: {
    initial: number('the value before the first milestone'),
    milestones: numbers('a list of the steps of the drops', { min: 0 }),
    gamma: number('what each drop multiplies the value by', { min: 0 }, 0.1),
  },
  curve({ initial, milestones, gamma }) {
    const sorted = milestones.toSorted((a, b) => a - b)
    const values = Array.from({ length: sorted.length + 1 }, (_, drops) => initial * gamma ** drops)
    return (step) => values[countUpTo(sorted, step)]!
  },
})

/**
 * A value that is multiplied by `gamma` at each milestone.
 *
 *     initial · gamma^(number of milestones ≤ step)
 *
 * Source: PyTorch's MultiStepLR. timm's drops one epoch earlier.
 * @example schedule.multiStep(1, { milestones: [2, 2, 4] })(3) // 0.01
 */
export function multiStep(initial: number, options: MultiStepOptions): Schedule {
  return make(multiStepKind, initial, options)
}

export interface PiecewiseConstantOptions {
  /** The step at which each value after the first begins: rising, one fewer than the values. */
  readonly milestones: readonly number[]
}

export const piecewiseConstantKind: Kind = kind({
  type: 'piecewiseConstant',
  about: 'keeps each of some values until the next begins',
  fields: {
    values: numbers('a list of values'),
    milestones: numbers('a list of the steps at which each value after the first begins', { min: 0 }),
  },
  check({ values, milestones }) {
    const who = 'schedule.piecewiseConstant'
    if (values.length !== milestones.length + 1) {
      const wanted = `${Math.max(values.length - 1, 0)} milestones for ${values.length} values`
      return mismatch(who, wanted, milestones.length, 'each value after the first begins at one')
    }
    if (rising(milestones)) return undefined
    return mismatch(who, 'rising milestones', milestones, 'sort them, each step once')
  },
  curve:
    ({ values, milestones }) =>
    (step) =>
      values[countUpTo(milestones, step)]!,
})

/**
 * The first value until the first milestone, then the second, and so on.
 *
 *     values[number of milestones ≤ step]
 *
 * Keras's PiecewiseConstantDecay changes one step after its boundary: there, add 1 to each milestone.
 *
 * @throws {ArgumentError} unless there is one milestone fewer than values, and they rise
 * @example schedule.piecewiseConstant([0.1, 0.01], { milestones: [100] })(100) // 0.01
 */
export function piecewiseConstant(values: readonly number[], options: PiecewiseConstantOptions): Schedule {
  return make(piecewiseConstantKind, values, options)
}
