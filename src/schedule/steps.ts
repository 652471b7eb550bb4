/** Step functions: schedules whose value is constant between jumps. */

import { list, number, type OptionsOf, required } from '../core/options.ts'
import { checkMilestones, countUpTo } from './bisect.ts'
import { type Constructor, type FromValue, kind } from './kind.ts'
import { steps } from './length.ts'
import { base, initial } from './options.ts'
import { until } from './timing.ts'

const gamma = {
  /** Number by which the value is multiplied at each drop. @default 0.1 */
  gamma: number({ min: 0 }, 0.1),
}

const stepOptions = {
  /** Number of steps between two drops. */
  stepSize: required(steps({ above: 0 })),
  ...gamma,
}
export interface StepOptions extends OptionsOf<typeof stepOptions> {}

/**
 * A value that is multiplied by `gamma` every `stepSize` steps.
 *
 *     initial · gamma^⌊step / stepSize⌋
 *
 * Source: PyTorch's StepLR.
 * @example schedule.step(0.1, { stepSize: 30, gamma: 0.5 })(45) // 0.05
 */
export const step: FromValue<StepOptions> = kind('step', {
  fields: { ...initial, ...stepOptions },
  timing: ({ stepSize }) => until(stepSize),
  curve({ initial, stepSize, gamma }) {
    return (step) => initial * gamma ** Math.floor(step / stepSize)
  },
})

const multiStepOptions = {
  /** Steps at which the value drops, in any order; at a step listed twice, it drops twice. */
  milestones: required(list(steps({ min: 0 }))),
  ...gamma,
}
export interface MultiStepOptions extends OptionsOf<typeof multiStepOptions> {}

/**
 * A value that is multiplied by `gamma` at each milestone.
 *
 *     initial · gamma^(number of milestones ≤ step)
 *
 * Source: PyTorch's MultiStepLR. timm's drops one epoch earlier.
 * @example schedule.multiStep(1, { milestones: [2, 2, 4] })(3) // 0.01
 */
export const multiStep: FromValue<MultiStepOptions> = kind('multiStep', {
  fields: { ...base, ...multiStepOptions },
  timing: ({ milestones }) => until(Math.max(0, ...milestones)),
  curve({ initial, milestones, gamma }) {
    const sorted = milestones.toSorted((a, b) => a - b)
    const values = Array.from({ length: sorted.length + 1 }, (_, drops) => initial * gamma ** drops)
    return (step) => values[countUpTo(sorted, step)]!
  },
})

const piecewiseConstantOptions = {
  /** Strictly increasing steps: at `milestones[i]`, the value becomes `values[i + 1]`. */
  milestones: required(list(steps({ min: 0 }))),
}
export interface PiecewiseConstantOptions extends OptionsOf<typeof piecewiseConstantOptions> {}

/**
 * A step function through a list of values, each held until the next milestone.
 *
 *     values[number of milestones ≤ step]
 *
 * Keras's PiecewiseConstantDecay changes one step after its boundary: to reproduce it, add 1 to each milestone.
 *
 * @throws {ArgumentError} unless n values have n − 1 milestones, strictly increasing
 * @example schedule.piecewiseConstant([0.1, 0.01], { milestones: [100] })(100) // 0.01
 */
export const piecewiseConstant: Constructor<[values: readonly number[], options: PiecewiseConstantOptions]> =
  kind('piecewiseConstant', {
    fields: {
      /** The values, in the order in which they apply. */
      values: required(list(number())),
      ...piecewiseConstantOptions,
    },
    check: ({ values, milestones }, who) => checkMilestones(who, milestones, values.length, 'values'),
    timing: ({ milestones }) => until(milestones.at(-1) ?? 0),
    curve({ values, milestones }) {
      return (step) => values[countUpTo(milestones, step)]!
    },
  })
