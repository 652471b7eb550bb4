import { random } from '../../core/random.ts'
import { factorValueAt } from '../factor.ts'
import { keyOf } from '../settings.ts'
import type { Settings } from '../trial.ts'
import type { Space } from './design.ts'
import { halton } from './halton.ts'

/** A sequence of points in the unit cube, as a function of the index; each coordinate chooses one setting. */
export type Points = (i: number) => readonly number[]

/** Returns the random or Halton sequence of points from which a design makes combinations of settings. */
export function pointsOf(type: 'random' | 'halton', { seed, factors }: Space): Points {
  const axes = Object.keys(factors).length
  if (type === 'halton') return halton(seed, axes)
  return (i) => {
    const source = random(seed, 'study', i)
    return Array.from({ length: axes }, () => source.uniform())
  }
}

/** Returns the combination of settings at a point: each coordinate chooses a value of one factor. */
export const settingsAt = ({ factors }: Space, point: readonly number[]): Settings =>
  Object.fromEntries(
    Object.entries(factors).map(([path, factor], axis) => [path, factorValueAt(path, factor, point[axis]!)]),
  )

/** A combination of settings, with the point in the unit cube that it was made from. */
export interface Sample {
  readonly point: readonly number[]
  readonly settings: Settings
}

/** Yields the combination of settings at each point of a sequence, without repeating a combination. */
export function* distinct(space: Space, points: Points): Generator<Sample> {
  const seen = new Set<string>()
  for (let i = 0; ; i++) {
    const point = points(i)
    const settings = settingsAt(space, point)
    if (!seen.has(keyOf(settings))) yield { point, settings }
    seen.add(keyOf(settings))
  }
}

/** Returns the first `count` distinct combinations of settings at the points of a random or Halton sequence. */
export function sample(type: 'random' | 'halton', space: Space, count: number): Settings[] {
  const found: Settings[] = []
  for (const { settings } of distinct(space, pointsOf(type, space))) {
    found.push(settings)
    if (found.length === count) break // before looking for another: there may be none
  }
  return found
}
