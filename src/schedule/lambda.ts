import { mismatch } from '../core/mismatch.ts'
import { number, required } from '../core/options.ts'
import { type Constructor, kind, make } from './kind.ts'
import { type Formula, formula, initial } from './options.ts'
import { recurrence } from './recurrence.ts'

/** A factor for each step: a JavaScript function, or the text of an expression of `step`. */
export type StepFactor = string | ((step: number) => number)

const factor = {
  /** Expression of `step`. */
  factor: required(formula('step')),
}

type FactorConstructor = Constructor<[initial: number, factor: StepFactor]>

/** The same constructor, but the factor is its second argument and not an option. */
const withFactor = ({ kind }: Constructor<never>): FactorConstructor =>
  Object.assign((initial: number, factor: StepFactor) => make(kind, { initial, factor }), { kind })

/**
 * A value times any function of the step, or an expression of it.
 *
 *     initial · factor(step)
 *
 * An expression may use `step`, numbers, + − × ÷ ^ (also * / -), parentheses, comparisons, `test ? a : b`, `pi`
 * and the functions min, max, sqrt, exp, log, cos, floor, abs, pow. A JavaScript function may do anything, but
 * such a schedule cannot be written as JSON or text.
 *
 * @throws {ArgumentError} when the text is no expression of `step`, or the factor of step 0 is not a finite
 * number
 * Source: PyTorch's LambdaLR.
 * @example schedule.lambda(0.1, 'step / (step + 1)')(1) // 0.05
 */
export const lambda: FactorConstructor = withFactor(
  kind('lambda', {
    fields: {
      /** Value that the factor multiplies. */
      initial: required(number()),
      ...factor,
    },
    check: ({ factor }, who) => checkFinite(who, factor, 0),
    curve({ initial, factor }) {
      return (step) => initial * factor(step, 0)
    },
  }),
)

/**
 * A value that each step from 1 on multiplies by a factor.
 *
 *     initial · factor(1) · factor(2) · … · factor(step)
 *
 * There is no closed form: a first call at step n costs n evaluations, a later one for a nearby step few.
 * Inside `sequential` it starts from `initial`; PyTorch's continues from the value before.
 *
 * @throws {ArgumentError} as `lambda` does
 * Source: PyTorch's MultiplicativeLR.
 * @example schedule.multiplicative(1, '0.5')(3) // 0.125
 */
export const multiplicative: FactorConstructor = withFactor(
  kind('multiplicative', {
    fields: { ...initial, ...factor },
    check: ({ factor }, who) => checkFinite(who, factor, 1),
    curve({ initial, factor }) {
      const product = recurrence(1, (p, step) => p * factor(step + 1, 0))
      return (step) => initial * product(Math.floor(step))
    },
  }),
)

function checkFinite(who: string, factor: Formula, step: number): void {
  const value: unknown = factor(step, 0)
  if (Number.isFinite(value)) return
  const infinite = 'steps count from 0, so divide by (step + 1), say'
  const fix = typeof value === 'number' ? infinite : 'return a number'
  throw mismatch(who, `a finite factor at step ${step}`, value, fix)
}
