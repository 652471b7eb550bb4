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

/** Decides which combinations a study tries. */
export type Design =
  /** Every combination of values. */
  | { readonly type: 'grid' }
  /** Combinations drawn at random, from a low-discrepancy sequence, or near the best ones so far. */
  | { readonly type: 'random' | 'halton' | 'tpe'; readonly trials: number }
  | Racing

const racing = {
  type: required(choice(['racing'])),
  /** Each round keeps one combination in `eta` and gives it `eta` times as many steps. @default 3 */
  eta: integer({ min: 2 }),
  /** Number of rounds. @default 3 */
  rungs: integer({ min: 2 }),
  /** Number of combinations in the first round, drawn as by `halton`. @default every combination */
  candidates: integer({ min: 1 }),
}

/**
 * Successive halving: trains all candidates for few steps, then the best for `eta` times as many, and so on;
 * the last round has all steps. Each round trains from scratch along a complete schedule.
 */
export interface Racing extends OptionsOf<typeof racing> {}

const sampled = { type: required(choice(['random', 'halton', 'tpe'])), trials: required(size) }
const grid = { type: required(choice(['grid'])) }
const designs = { grid, random: sampled, halton: sampled, tpe: sampled, racing }

/** A study's design as an option. */
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

/** A trial that a design asks for, before it gets an id. */
export type Asked = Omit<Trial, 'id'>

/** The search space of a design, and the score that it minimizes. */
export interface Space {
  readonly factors: Factors
  /** Seeds that each combination is tried with. */
  readonly seeds: readonly number[]
  /** Seed of the design's own draws. */
  readonly seed: number
  /** Returns the optimizer steps of a full run with these settings. */
  stepsOf(settings: Settings): number
  /** Returns the score of a trial, lower is better; infinite if the trial diverged or failed. */
  scoreOf(finished: Finished): number
}

/** Returns a key of a trial's settings, seed and steps that does not depend on the order of the settings. */
export const trialKey = ({ settings, seed, steps }: Pick<Trial, 'settings' | 'seed' | 'steps'>): string =>
  `[${keyOf(settings)},${seed},${steps}]`

/** Finished trials by key. */
export type Known = ReadonlyMap<string, Finished>

/** Returns the trials of a combination, one for each seed. */
export const withSeeds = (space: Space, settings: Settings, steps: number, round: number = 0): Asked[] =>
  space.seeds.map((seed) => ({ settings, seed, steps, rung: round }))

/** Orders the trials of several combinations by seed: every combination runs once before any runs twice. */
export const seedBySeed = (space: Space, trials: readonly (readonly Asked[])[]): Asked[] =>
  space.seeds.flatMap((_, i) => trials.map((group) => group[i]!))

/** Averages the scores of trials; undefined until all are finished. */
export function meanScore(space: Space, trials: readonly Asked[], known: Known): number | undefined {
  const found = trials.flatMap((trial) => known.get(trialKey(trial)) ?? [])
  if (found.length < trials.length) return undefined
  return found.reduce((sum, finished) => sum + space.scoreOf(finished), 0) / found.length
}
