import type { Finished } from '../analysis/findings.ts'
import type { Factors, Settings } from '../factor.ts'
import type { Trial } from '../trial.ts'

/** Which trials a study has. */
export type Design =
  /** Every combination of values. */
  | { readonly type: 'grid' }
  /** Combinations drawn at random, by a sequence that leaves no gaps, or where earlier ones were good. */
  | { readonly type: 'random' | 'halton' | 'tpe'; readonly trials: number }
  | Racing

/**
 * Successive halving: all candidates with few steps, then the best of them with `eta` times as many, and so on, until the
 * last have all the steps. Each round trains from scratch along a complete schedule.
 */
export interface Racing {
  readonly type: 'racing'
  /** One in so many goes on to the next round, which is as many times as long; 3 unless given. */
  readonly eta?: number
  /** How many rounds there are; 3 unless given. */
  readonly rungs?: number
  /** How many combinations begin, drawn as by `halton`; every one unless given. */
  readonly candidates?: number
}

/** A trial that a design asks for. */
export type Asked = Omit<Trial, 'id'>

/** What a design chooses from, and how it tells good from bad. */
export interface Space {
  readonly factors: Factors
  /** Each combination is tried with all of them. */
  readonly seeds: readonly number[]
  /** Decides what is drawn. */
  readonly seed: number
  /** Optimizer steps of a run with these settings. */
  stepsOf(settings: Settings): number
  /** Less is better; infinite unless the trial was done. */
  scoreOf(finished: Finished): number
}

/** A trial's settings, seed and steps as text: equal for equal trials, in whatever order settings are named. */
export function trialKey({ settings, seed, steps }: Pick<Trial, 'settings' | 'seed' | 'steps'>): string {
  return JSON.stringify([Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1)), seed, steps])
}

/** What came of trials, by their keys. */
export type Known = ReadonlyMap<string, Finished>

/** A combination with every seed. */
export const pairs = (space: Space, settings: Settings, steps: number, rung: number = 0): Asked[] =>
  space.seeds.map((seed) => ({ settings, seed, steps, rung }))

/** The mean score of trials; nothing while one of them is not finished. */
export function meanScore(space: Space, trials: readonly Asked[], known: Known): number | undefined {
  let total = 0
  for (const trial of trials) {
    const finished = known.get(trialKey(trial))
    if (finished === undefined) return undefined
    total += space.scoreOf(finished)
  }
  return total / trials.length
}
