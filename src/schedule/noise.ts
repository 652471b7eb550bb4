import { choice, integer, number, type OptionsOf, required } from '../core/options.ts'
import { type Constructor, kind } from './kind.ts'
import { changed } from './options.ts'
import type { Schedule } from './schedule.ts'

const noiseOptions = {
  /** Largest relative change ('uniform'), or its standard deviation ('normal', cut at 3 of them). */
  amplitude: required(number({ min: 0, max: 1 })),
  /** Picks the noise: the same seed gives the same noise. @default 0 */
  seed: integer({ min: 0, max: 2 ** 32 - 1 }, 0),
  /** Distribution of the changes. @default 'uniform' */
  distribution: choice(['uniform', 'normal'], 'uniform'),
}

export interface NoiseOptions extends OptionsOf<typeof noiseOptions> {}

/**
 * A schedule times one plus noise that depends on the step and the seed alone: resuming changes nothing.
 *
 *     schedule(step) · (1 + amplitude · ξ)          ξ from [−1, 1), or normal and cut at 3
 *
 * Each whole step has one draw. Only normal noise with an amplitude above ⅓ can change the sign of a value.
 *
 * Source: timm's learning-rate noise, which draws normal numbers from a seed that moves with the step.
 */
export const noise: Constructor<[schedule: Schedule, options: NoiseOptions]> = kind('noise', {
  fields: { ...changed, ...noiseOptions },
  curve({ schedule, amplitude, seed, distribution }) {
    const draw = distribution === 'uniform' ? uniform : normal
    return (step) => schedule(step) * (1 + amplitude * draw(seed, step))
  },
})

/** A number from [−1, 1). */
function uniform(seed: number, step: number): number {
  return hash(seed, step, 0) / 2 ** 31 - 1
}

/** A normal number by Box and Muller, redrawn while it is beyond ±3. */
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
