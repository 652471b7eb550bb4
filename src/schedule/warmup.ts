import { mismatch } from '../core/mismatch.ts'
import { boolean, choice, inner, maybeNumber, number } from './field.ts'
import { type Kind, kind, make } from './kind.ts'
import type { Curve, Schedule } from './schedule.ts'

/** How a warmup rises. */
export type WarmupShape = 'linear' | 'cosine' | 'exponential' | 'constant'

export interface WarmupOptions {
  /** Steps before the schedule, >= 0. */
  readonly steps: number
  /** What multiplies the target at step 0; 1 / (steps + 1) unless given, so that no step is wasted on a value of 0. */
  readonly startFactor?: number
  /** The rise: 'linear' unless given. */
  readonly shape?: WarmupShape
  /** Whether the schedule counts its steps from the warmup's first, rather than from the warmup's end. */
  readonly inside?: boolean
}

export const warmupShapes = ['linear', 'cosine', 'exponential', 'constant'] as const

export const warmupKind: Kind = kind({
  type: 'warmup',
  about: 'rises to the first value of another schedule, then follows it',
  fields: {
    schedule: inner('the schedule to warm up for'),
    steps: number('the number of steps before the schedule', { min: 0 }),
    startFactor: maybeNumber('what multiplies the target at step 0', { min: 0 }),
    shape: choice('how the value rises', warmupShapes, 'linear'),
    inside: boolean("whether the schedule counts from the warmup's first step", false),
  },
  check: ({ shape, startFactor }) => needsStart('schedule.warmup', shape, startFactor),
  curve({ schedule, steps, startFactor, shape, inside }) {
    const target = schedule(inside ? steps : 0)
    const rise = ramp(shape, steps, startFactor)
    const offset = inside ? 0 : steps
    return (step) => (step < steps ? target * rise(step) : schedule(step - offset))
  },
})

/**
 * A rise to another schedule's first value, then that schedule.
 *
 *     linear       target · (s + (1 − s) · step / steps)                      s = startFactor
 *     cosine       target · (s + (1 − s) · (1 − cos(π · step / steps)) / 2)
 *     exponential  target · s^(1 − step / steps)
 *     constant     target · s                                                  then a jump
 *
 * The default s = 1 / (steps + 1) makes the linear rise target · (step + 1) / (steps + 1). The target is
 * `schedule(0)`, and the schedule counts from 0 where the warmup ends: the warmup is added to its length, as in
 * Keras. With `inside` the schedule counts from the warmup's first step and the target is `schedule(steps)`: the
 * warmup replaces its beginning, and the end stays where it is, as in timm.
 *
 * @throws {ArgumentError} when an exponential rise starts at 0
 * Source: Goyal et al. 2017, https://arxiv.org/abs/1706.02677, §2.2.
 * @example schedule.warmup(schedule.constant(0.1), { steps: 4 })(0) // 0.02
 */
export function warmup(schedule: Schedule, options: WarmupOptions): Schedule {
  return make(warmupKind, schedule, options)
}

/** A rise from `start` (or 1 / (steps + 1)) at step 0 to 1 at step `steps`. */
export function ramp(shape: WarmupShape, steps: number, start: number = 1 / (steps + 1)): Curve {
  switch (shape) {
    case 'linear':
      return (step) => start + ((1 - start) * step) / steps
    case 'cosine':
      return (step) => start + ((1 - start) * (1 - Math.cos((Math.PI * step) / steps))) / 2
    case 'exponential':
      return (step) => start ** (1 - step / steps)
    case 'constant':
      return () => start
  }
}

export function needsStart(who: string, shape: WarmupShape, start: number | undefined): Error | undefined {
  if (shape !== 'exponential' || start !== 0) return undefined
  return mismatch(
    who,
    'startFactor > 0 for an exponential rise',
    start,
    "leave startFactor out, or set shape to 'linear'",
  )
}
