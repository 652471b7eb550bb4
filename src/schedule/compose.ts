/** Schedules made of schedules. `warmup` has its own file. */
import { inners, numbers } from './field.ts'
import { type Kind, kind, make } from './kind.ts'
import { mismatch } from './mismatch.ts'
import type { Schedule } from './schedule.ts'

export interface SequentialOptions {
  /** The step at which each schedule after the first begins, rising, one fewer than the schedules. */
  readonly milestones: readonly number[]
}

export const sequentialKind: Kind = kind({
  type: 'sequential',
  about: 'follows one schedule after the other, each counting from 0',
  fields: {
    schedules: inners('the schedules, in order'),
    milestones: numbers('the step at which each schedule after the first begins', { above: 0 }),
  },
  check({ schedules, milestones }) {
    const who = 'schedule.sequential'
    const wanted = schedules.length - 1
    if (milestones.length !== wanted) {
      const fix = 'each schedule after the first begins at one'
      return mismatch(who, `${wanted} milestones for ${schedules.length} schedules`, milestones.length, fix)
    }
    if (rising(milestones)) return undefined
    return mismatch(who, 'rising milestones', milestones, 'sort them, each step once')
  },
  curve({ schedules, milestones }) {
    const starts = [0, ...milestones]
    const [first, second] = schedules
    const [change] = milestones
    if (first === undefined || second === undefined || change === undefined)
      return (step) => schedules[0]!(step)
    if (milestones.length === 1) return (step) => (step < change ? first(step) : second(step - change))
    return (step) => {
      let i = starts.length - 1
      while (i > 0 && step < starts[i]!) i--
      return schedules[i]!(step - starts[i]!)
    }
  },
})

/**
 * One schedule after the other. Each counts its steps from 0 where it begins.
 *
 *     schedules[i](step − milestones[i − 1])     from step milestones[i − 1] on
 *
 * A part keeps its own `after` until the next begins. PyTorch's SequentialLR starts with the wrong schedule when a
 * milestone is 0, and shifts by a step when nested; here 0 is refused and nesting changes nothing.
 *
 * @throws {ArgumentError} unless there is one milestone fewer than schedules, rising and above 0
 * Source: PyTorch's SequentialLR, Optax's join_schedules.
 */
export function sequential(schedules: readonly Schedule[], options: SequentialOptions): Schedule {
  return make(sequentialKind, schedules, options)
}

/** Whether each number is larger than the one before. */
export function rising(list: readonly number[]): boolean {
  return list.every((x, i) => i === 0 || x > list[i - 1]!)
}
