import { choice, integer, number, type OptionsOf, required } from '../core/options.ts'
import { type FromSchedule, kind } from './kind.ts'
import { changed } from './options.ts'

const noiseOptions = {
  /** Largest relative change of a value for 'uniform' noise, or its standard deviation for 'normal'. */
  amplitude: required(number({ min: 0, max: 1 })),
  /** Seed of the random numbers. @default 0 */
  seed: integer({ min: 0, max: 2 ** 32 - 1 }, 0),
  /** Distribution of the noise that scales the values; 'normal' is cut off at ±3 deviations. @default 'uniform' */
  distribution: choice(['uniform', 'normal'], 'uniform'),
}
export interface NoiseOptions extends OptionsOf<typeof noiseOptions> {}

/**
 * A schedule times random noise, which depends on step and seed alone, so a resumed run gets the same noise.
 *
 *     schedule(step) · (1 + amplitude · ξ(⌊step⌋, seed))
 *
 * ξ is random: uniform in [−1, 1), or standard normal truncated to [−3, 3]. Only normal noise with an amplitude
 * above ⅓ can change the sign of a value.
 *
 * Source: timm's learning-rate noise, which draws normal numbers and adds the step to the seed.
 */
export const noise: FromSchedule<NoiseOptions> = kind('noise', {
  fields: { ...changed, ...noiseOptions },
  curve({ schedule, amplitude, seed, distribution }) {
    const draw = distribution === 'uniform' ? uniform : normal
    return (step) => schedule(step) * (1 + amplitude * draw(seed, step))
  },
})

/** Returns a pseudorandom number from [−1, 1), the same for the same seed and step. */
const uniform = (seed: number, step: number): number => hash(seed, step, 0) / 2 ** 31 - 1

/** Returns a standard normal number, redrawn while beyond ±3; the same for the same seed and step. */
function normal(seed: number, step: number): number {
  for (let draw = 0; ; draw += 2) {
    const u = (hash(seed, step, draw) + 1) / 2 ** 32
    const v = hash(seed, step, draw + 1) / 2 ** 32
    const z = Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v)
    if (Math.abs(z) <= 3) return z
  }
}

/** Returns a pseudorandom integer from 0 to 2³² − 1 for a seed, the integer part of a step, and a draw index. */
function hash(seed: number, step: number, draw: number): number {
  const whole = Math.floor(step)
  const low = mix(mix(seed) ^ whole)
  return mix(mix(low ^ (whole / 2 ** 32)) + draw)
}

/** Returns a well mixed unsigned 32-bit integer for x: one round of the generator splitmix32. */
function mix(x: number): number {
  let h = (x + 0x9e3779b9) | 0
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad)
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97)
  return (h ^ (h >>> 15)) >>> 0
}
