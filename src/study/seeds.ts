import { custom, integer, type Option } from '../core/options.ts'
import { counted } from '../core/text.ts'
import type { Looks } from './analysis/looks.ts'

const mostSeeds = 10_000

const isCount = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 2 && (value as number) <= mostSeeds

/** Whether a value is a list of numbers of seeds at which to look: each at least 2, and 3 above the one before. */
const isLooks = (value: unknown): value is Looks =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((n, i) => isCount(n) && (i === 0 || n >= value[i - 1] + 3))

/** Number of seeds of each combination, or the numbers of seeds after which to look whether more are needed. */
export type Seeds = number | { readonly looks: Looks }

const isLooked = (value: unknown): boolean =>
  Object.keys(Object(value)).join() === 'looks' && isLooks((value as { looks: unknown }).looks)

const fixed = integer({ min: 1, limit: mostSeeds })
const looked = custom<Seeds>('{ looks: [3, 6, 12] }, rising numbers from 2 on, at least 3 apart', isLooked)

/** Declaration of a study's option `seeds`, with its check. */
export const seedsOption: Option<Seeds> = {
  wanted: `${fixed.wanted}, or ${looked.wanted}`,
  fallback: 3,
  read: (who, name, value) => (typeof value === 'object' ? looked : fixed).read(who, name, value)!,
}

/** Returns the numbers of seeds after which a study looks; undefined for a fixed number. */
export const looksOf = (seeds: Seeds): Looks | undefined =>
  typeof seeds === 'number' ? undefined : seeds.looks

/** Returns the number of seeds with which a study trains every combination. */
export const firstSeeds = (seeds: Seeds): number => (typeof seeds === 'number' ? seeds : seeds.looks[0]!)

/** Describes a number of seeds: `3 seeds`, or `3, 6 or 12 seeds` with looks. */
export function seedsText(seeds: Seeds): string {
  const looks = looksOf(seeds)
  if (!looks || looks.length === 1) return counted(firstSeeds(seeds), 'seed')
  return `${looks.slice(0, -1).join(', ')} or ${looks.at(-1)} seeds`
}
