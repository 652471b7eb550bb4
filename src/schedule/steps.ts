/** Schedules that keep a value for a while, then jump to the next. */
import { number } from './field.ts'
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
