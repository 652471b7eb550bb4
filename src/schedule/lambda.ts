import { mismatch } from '../core/mismatch.ts'
import { type Formula, formula, number } from './field.ts'
import { type Kind, kind, make } from './kind.ts'
import { recurrence } from './recurrence.ts'
import type { Schedule } from './schedule.ts'

/** A factor for each step: a JavaScript function, or the text of an expression of `step`. */
export type StepFactor = string | ((step: number) => number)

export const lambdaKind: Kind = kind({
  type: 'lambda',
  about: 'is a value times a factor that an expression of the step gives',
  fields: {
    initial: number('the value that the factor multiplies'),
    factor: formula('a function of the step, or its text', ['step']),
  },
  check: ({ factor }) => notFinite('schedule.lambda', factor, 0),
  curve:
    ({ initial, factor: { evaluate } }) =>
    (step) =>
      initial * evaluate(step, 0),
})

/**
 * A value times any function of the step.
 *
 *     initial · factor(step)
 *
 * An expression may use `step`, numbers, + − × ÷ ^ (also * / -), parentheses, comparisons, `test ? a : b`, `pi` and
 * the functions min, max, sqrt, exp, log, cos, floor, abs, pow. A JavaScript function may do anything, but such a
 * schedule cannot be written as JSON or text.
 *
 * @throws {ArgumentError} when the text is no expression of `step`, or the factor of step 0 is not a finite number
 * Source: PyTorch's LambdaLR.
 * @example schedule.lambda(0.1, 'step / (step + 1)')(1) // 0.05
 */
export function lambda(initial: number, factor: StepFactor): Schedule {
  return make(lambdaKind, initial, { factor })
}

export const multiplicativeKind: Kind = kind({
  type: 'multiplicative',
  about: 'is multiplied at each step by a factor that an expression of the step gives',
  fields: {
    initial: number('the value of step 0'),
    factor: formula('a function of the step, or its text', ['step']),
  },
  check: ({ factor }) => notFinite('schedule.multiplicative', factor, 1),
  curve({ initial, factor: { evaluate } }) {
    const product = recurrence(1, (p, step) => p * evaluate(step + 1, 0))
    return (step) => initial * product(Math.floor(step))
  },
})

/**
 * A value that each step from 1 on multiplies by a factor.
 *
 *     initial · factor(1) · factor(2) · … · factor(step)
 *
 * There is no closed form: the first call at step n costs n evaluations, a later one for a nearby step few. Inside
 * `sequential` it starts from `initial`; PyTorch's goes on from the value before.
 *
 * @throws {ArgumentError} as `lambda` does
 * Source: PyTorch's MultiplicativeLR.
 * @example schedule.multiplicative(1, '0.5')(3) // 0.125
 */
export function multiplicative(initial: number, factor: StepFactor): Schedule {
  return make(multiplicativeKind, initial, { factor })
}

function notFinite(who: string, factor: Formula, step: number): Error | undefined {
  const value: unknown = factor.evaluate(step, 0)
  if (typeof value === 'number' && Number.isFinite(value)) return undefined
  const fix =
    typeof value === 'number' ? 'steps count from 0, so divide by (step + 1), say' : 'return a number'
  return mismatch(who, `a finite factor at step ${step}`, value, fix)
}
