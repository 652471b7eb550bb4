import { mismatch } from '../core/mismatch.ts'
import { required } from '../core/options.ts'
import { type Formula, formula } from './formula.ts'
import { type Constructor, kind, make } from './kind.ts'
import { base, initial } from './options.ts'
import { recurrence } from './recurrence.ts'

/** A factor at each step: a JavaScript function, or the text of an expression of `step`. */
export type StepFactor = string | ((step: number) => number)

const factor = {
  /** Factor at each step: an expression of `step`, such as 'step / (step + 1)'. */
  factor: required(formula('step')),
}

type FactorConstructor = Constructor<[initial: number, factor: StepFactor]>

/** Returns a constructor like the given one, whose second argument is the factor itself instead of `{ factor }`. */
const withFactor = ({ kind }: Constructor<never>): FactorConstructor =>
  Object.assign((initial: number, factor: StepFactor) => make(kind, { initial, factor }), { kind })

/**
 * A value multiplied by an arbitrary function of the step.
 *
 *     initial · factor(step)
 *
 * The factor is a JavaScript function, or text: an expression of `step`, numbers, + − × ÷ ^ (also * / -),
 * parentheses, comparisons, `test ? a : b`, `pi` and the functions min, max, sqrt, exp, log, cos, floor, abs,
 * pow. A schedule made with a JavaScript function cannot be written as JSON or text.
 *
 * @throws {ArgumentError} when the text is not an expression of `step`, or the factor at step 0 is not finite
 * Source: PyTorch's LambdaLR.
 * @example schedule.lambda(0.1, 'step / (step + 1)')(1) // 0.05
 */
export const lambda: FactorConstructor = withFactor(
  kind('lambda', {
    fields: { ...base, ...factor },
    check: ({ factor }, who) => checkFinite(who, factor, 0),
    curve({ initial, factor }) {
      return (step) => initial * factor(step, 0)
    },
  }),
)

/**
 * A value that is multiplied by a new factor at each step, from step 1 on.
 *
 *     initial · factor(1) · factor(2) · … · factor(step)
 *
 * There is no closed form: a first call at step n evaluates n factors; later calls at nearby steps, only a few.
 * In `sequential` this schedule starts from `initial`; PyTorch's starts from the last value of the one before.
 *
 * @throws {ArgumentError} when the text is not an expression of `step`, or the factor at step 1 is not finite
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
  const isNumber = typeof value === 'number'
  const fix = isNumber ? 'steps count from 0, so divide by (step + 1)' : 'return a number'
  throw mismatch(who, `a finite factor at step ${step}`, value, fix)
}
