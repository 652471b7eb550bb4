import { random } from '../../core/random.ts'
import { factorValueAt, type Settings } from '../factor.ts'
import { type Space, trialKey } from './design.ts'
import { halton } from './halton.ts'

/** The `i`-th point of the unit cube, a share for each factor. */
export type Points = (i: number) => readonly number[]

export function pointsOf(type: 'random' | 'halton', { seed, factors }: Space): Points {
  const axes = Object.keys(factors).length
  if (type === 'halton') return halton(seed, axes)
  return (i) => {
    const source = random(seed, 'study', i)
    return Array.from({ length: axes }, () => source.uniform())
  }
}

/** The combination at a point. */
export const settingsAt = ({ factors }: Space, point: readonly number[]): Settings =>
  Object.fromEntries(
    Object.entries(factors).map(([path, factor], axis) => [path, factorValueAt(path, factor, point[axis]!)]),
  )

/** Combinations with the points that they came from. */
export interface Sample {
  readonly point: readonly number[]
  readonly settings: Settings
}

/** The first combinations of a sequence of points that differ from all before them. */
export function* distinct(space: Space, points: Points): Generator<Sample> {
  const seen = new Set<string>()
  for (let i = 0; ; i++) {
    const point = points(i)
    const settings = settingsAt(space, point)
    const key = trialKey({ settings, seed: 0, steps: 0 })
    if (!seen.has(key)) yield { point, settings }
    seen.add(key)
  }
}

/** So many combinations, no two the same. Those of a smaller sample come first in a larger one. */
export function sample(type: 'random' | 'halton', space: Space, count: number): Settings[] {
  const found: Settings[] = []
  for (const { settings } of distinct(space, pointsOf(type, space))) {
    found.push(settings)
    if (found.length === count) break // before the next is looked for: there may be none
  }
  return found
}
