import { choice, inner, integer, number } from './field.ts'
import { type Kind, kind, make } from './kind.ts'
import type { Schedule } from './schedule.ts'

export interface NoiseOptions {
  /** The largest relative change ('uniform') or its standard deviation ('normal', at most 3 of them), 0 to 1. */
  readonly amplitude: number
  /** A whole number >= 0; the same seed gives the same noise. 0 unless given. */
  readonly seed?: number
  readonly distribution?: 'uniform' | 'normal'
}

export const noiseKind: Kind = kind({
  type: 'noise',
  about: 'changes another schedule at random, the same way in each run',
  fields: {
    schedule: inner('the schedule to change'),
    amplitude: number('the size of the relative change', { min: 0, max: 1 }),
    seed: integer('the number that picks the noise', { min: 0, max: 2 ** 32 - 1 }, 0),
    distribution: choice('how the changes are spread', ['uniform', 'normal'], 'uniform'),
  },
  curve({ schedule, amplitude, seed, distribution }) {
    const draw = distribution === 'uniform' ? uniform : normal
    return (step) => schedule(step) * (1 + amplitude * draw(seed, step))
  },
})

/**
 * A schedule times one plus noise that depends on the step and the seed alone: resuming changes nothing.
 *
 *     schedule(step) · (1 + amplitude · ξ)          ξ from [−1, 1), or normal and cut at 3
 *
 * One draw for each whole step. It is not negative where the schedule is not, except that a normal one with an
 * amplitude above ⅓ may be.
 *
 * Source: timm's learning-rate noise, which draws normal numbers from a seed that moves with the step.
 */
export function noise(schedule: Schedule, options: NoiseOptions): Schedule {
  return make(noiseKind, schedule, options)
}

/** A number from [−1, 1). */
function uniform(seed: number, step: number): number {
  return hash(seed, step, 0) / 2 ** 31 - 1
}

/** A normal number by Box and Muller, drawn again while it is beyond 3. */
function normal(seed: number, step: number): number {
  for (let draw = 0; ; draw += 2) {
    const u = (hash(seed, step, draw) + 1) / 2 ** 32
    const v = hash(seed, step, draw + 1) / 2 ** 32
    const z = Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v)
    if (Math.abs(z) <= 3) return z
  }
}

/** 32 well-mixed bits of a seed, a whole step and the number of the draw. */
function hash(seed: number, step: number, draw: number): number {
  const whole = Math.floor(step)
  const low = mix(mix(seed) ^ whole)
  return mix(mix(low ^ (whole / 2 ** 32)) + draw)
}

/** One round of splitmix32. */
function mix(x: number): number {
  let h = (x + 0x9e3779b9) | 0
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad)
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97)
  return (h ^ (h >>> 15)) >>> 0
}
