import {
  choice,
  type Declared,
  integer,
  type Option,
  type OptionsOf,
  readOptions,
  required,
  size,
} from '../../core/options.ts'
import type { Finished } from '../analysis/findings.ts'
import type { Factors } from '../factor.ts'
import { keyOf } from '../settings.ts'
import type { Settings, Trial } from '../trial.ts'

/** The rule by which a study chooses combinations of settings to try. */
export type Design =
  /** Every combination of the factors' values. */
  | { readonly type: 'grid' }
  /** Combinations drawn at random, from a Halton low-discrepancy sequence, or near the best so far (TPE). */
  | { readonly type: 'random' | 'halton' | 'tpe'; readonly trials: number }
  | Racing

const racing = {
  type: required(choice(['racing'])),
  /** The best 1/`eta` of a round's combinations go on, and train for `eta` times as many steps. @default 3 */
  eta: integer({ min: 2 }),
  /** Number of rounds. @default 3 */
  rungs: integer({ min: 2 }),
  /** Number of combinations in the first round, from a Halton sequence. @default every combination */
  candidates: integer({ min: 1 }),
}

/**
 * Successive halving: trains all candidates for few steps, then the best for `eta` times as many, and so on; in
 * the last round, a run has its full number of steps. Each round starts from initial weights and runs through
 * a complete schedule.
 */
export interface Racing extends OptionsOf<typeof racing> {}

const sampled = { type: required(choice(['random', 'halton', 'tpe'])), trials: required(size) }
const grid = { type: required(choice(['grid'])) }
const designs = { grid, random: sampled, halton: sampled, tpe: sampled, racing }

/** Declares and checks a study's option `design`. */
export const designOption: Option<Design> = {
  wanted: 'a design',
  fallback: { type: 'grid' },
  read(who, name, value) {
    const types = Object.keys(designs) as Design['type'][]
    const type = choice(types).read(who, `${name}.type`, Object(value).type)!
    const read = Object.entries(readOptions<Declared>(`${who}: ${name}`, designs[type], value))
    return Object.fromEntries(read.filter(([, given]) => given !== undefined)) as unknown as Design
  },
}

/** A training run that a design asks for, before the run is numbered. */
export type Asked = Omit<Trial, 'id'>

/** What a design chooses from: factors (settings with values to try) and seeds; and how trials are scored. */
export interface Space {
  readonly factors: Factors
  /** Random seeds; every combination is trained once with each of them. */
  readonly seeds: readonly number[]
  /** Seed of the random numbers by which the design chooses combinations. */
  readonly seed: number
  /** Returns the optimizer steps of a full run with these settings. */
  stepsOf(settings: Settings): number
  /** Returns the score of a finished trial; lower is better, and infinity means that it diverged or failed. */
  scoreOf(finished: Finished): number
}

/** Returns a text that identifies a trial by its settings (in any order), seed and number of steps. */
export const trialKey = ({ settings, seed, steps }: Pick<Trial, 'settings' | 'seed' | 'steps'>): string =>
  `[${keyOf(settings)},${seed},${steps}]`

/** Finished trials, each under its `trialKey`. */
export type Known = ReadonlyMap<string, Finished>

/** Returns the trials of one combination of settings, one for each seed of the study. */
export const withSeeds = (space: Space, settings: Settings, steps: number, round: number = 0): Asked[] =>
  space.seeds.map((seed) => ({ settings, seed, steps, rung: round }))

/** Lists the trials of all combinations with the first seed, then with the second, and so on. */
export const seedBySeed = (space: Space, trials: readonly (readonly Asked[])[]): Asked[] =>
  space.seeds.flatMap((_, i) => trials.map((group) => group[i]!))

/** Returns the mean score of these trials, or undefined until all of them are finished. */
export function meanScore(space: Space, trials: readonly Asked[], known: Known): number | undefined {
  const found = trials.flatMap((trial) => known.get(trialKey(trial)) ?? [])
  if (found.length < trials.length) return undefined
  return found.reduce((sum, finished) => sum + space.scoreOf(finished), 0) / found.length
}
