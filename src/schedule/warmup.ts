import { mismatch } from '../core/mismatch.ts'
import { boolean, choice, number, type OptionsOf, required } from '../core/options.ts'
import { type FromSchedule, kind } from './kind.ts'
import { steps } from './length.ts'
import { changed } from './options.ts'
import type { Curve } from './schedule.ts'
import { later } from './timing.ts'

export const warmupShapes = ['linear', 'cosine', 'exponential', 'constant'] as const

/** Shape of the curve of a warmup; see `warmup` for the formulas. */
export type WarmupShape = (typeof warmupShapes)[number]

const warmupOptions = {
  /** Number of warmup steps. */
  steps: required(steps({ min: 0 })),
  /** Ratio of the value at step 0 to the value at the end of the warmup. @default 1 / (steps + 1) */
  startFactor: number({ min: 0 }),
  /** Shape of the curve of the warmup. @default 'linear' */
  shape: choice(warmupShapes, 'linear'),
  /** Whether the warmup replaces the first steps of the schedule instead of delaying them. @default false */
  inside: boolean(false),
}
export interface WarmupOptions extends OptionsOf<typeof warmupOptions> {}

/**
 * Prepends a warmup to a schedule: values on a curve towards a target, then the schedule.
 *
 *     linear       target · (s + (1 − s) · step / steps)                      s = startFactor
 *     cosine       target · (s + (1 − s) · (1 − cos(π · step / steps)) / 2)
 *     exponential  target · s^(1 − step / steps)
 *     constant     target · s
 *
 * With the default s, the linear warmup is target · (step + 1) / (steps + 1): no step is wasted on a rate of 0.
 * By default the target is `schedule(0)`, and after the warmup the schedule starts at its step 0, as in Keras.
 * With `inside` the target is `schedule(steps)`, and the warmup replaces the schedule's first `steps` steps, as
 * in timm.
 *
 * @throws {ArgumentError} when an exponential warmup starts at 0
 * Source: Goyal et al. 2017, https://arxiv.org/abs/1706.02677, §2.2.
 * @example schedule.warmup(schedule.constant(0.1), { steps: 4 })(0) // 0.02
 */
export const warmup: FromSchedule<WarmupOptions> = kind('warmup', {
  fields: { ...changed, ...warmupOptions },
  check: ({ shape, startFactor }, who) => checkStart(who, shape, startFactor),
  place: ({ steps, inside }, outer) => (inside ? outer : { ...outer, from: outer.from + steps }),
  timing({ steps, inside }, [inner]) {
    const { end, last } = later(inner!, inside ? 0 : steps)
    return { end, last: Math.max(last, steps) }
  },
  curve({ schedule, steps, startFactor, shape, inside }) {
    const target = schedule(inside ? steps : 0)
    const rise = ramp(shape, steps, startFactor)
    const offset = inside ? 0 : steps
    return (step) => (step < steps ? target * rise(step) : schedule(step - offset))
  },
})

/** Returns a warmup's factor as a function of the step: from `start` at step 0 to 1 at step `steps`. */
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

/** Throws if an exponential warmup starts at 0: all its values would be 0. */
export function checkStart(who: string, shape: WarmupShape, start: number | undefined): void {
  if (shape !== 'exponential' || start !== 0) return
  const fix = "leave startFactor out, or set shape to 'linear'"
  throw mismatch(who, 'startFactor > 0 for an exponential warmup', start, fix)
}
