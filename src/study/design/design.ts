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

/** Design of a study: the way in which it chooses combinations of settings to try. */
export type Design =
  /** Every combination of the factors' values. */
  | { readonly type: 'grid' }
  /** `trials` runs with settings drawn at random, evenly (Halton sequence), or near the best so far (TPE). */
  | { readonly type: 'random' | 'halton' | 'tpe'; readonly trials: number }
  | Racing

const racing = {
  type: required(choice(['racing'])),
  /** The best 1/`eta` of a round's settings enter the next round, for `eta` times as many steps. @default 3 */
  eta: integer({ min: 2 }),
  /** Number of rounds. @default 3 */
  rungs: integer({ min: 2 }),
  /** Number of combinations in the first round, drawn from a Halton sequence. @default every combination */
  candidates: integer({ min: 1 }),
}

/**
 * Successive halving: trains all candidate combinations for few steps, then the best of them for `eta` times as
 * many, and so on, up to the full number of steps in the last round. In each round, training starts anew from
 * initial weights and runs through a complete schedule.
 */
export interface Racing extends OptionsOf<typeof racing> {}

const sampled = { type: required(choice(['random', 'halton', 'tpe'])), trials: required(size) }
const grid = { type: required(choice(['grid'])) }
const designs = { grid, random: sampled, halton: sampled, tpe: sampled, racing }

/** Declaration of a study's option `design`, with its check. */
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

/** A trial (training run) requested by a design, before it gets its number. */
export type Asked = Omit<Trial, 'id'>

/** The input of a design: factors (settings with values to try), seeds, and how finished trials are scored. */
export interface Space {
  readonly factors: Factors
  /** Seeds of training: every combination of settings is trained once with each seed. */
  readonly seeds: readonly number[]
  /**
   * Returns further trials once all trials of a design are finished: more seeds where comparisons are open. Absent for
   * a fixed number of seeds.
   */
  further?(finished: readonly Finished[]): readonly Asked[]
  /** Seed of the random numbers by which the design chooses combinations. */
  readonly seed: number
  /** Returns the optimizer steps of a full run with these settings. */
  stepsOf(settings: Settings): number
  /** Returns the score of a finished trial; lower is better, and infinity means that it diverged or failed. */
  scoreOf(finished: Finished): number
}

/** Returns a text that identifies a trial by its settings (whatever their order), seed and number of steps. */
export const trialKey = ({ settings, seed, steps }: Pick<Trial, 'settings' | 'seed' | 'steps'>): string =>
  `[${keyOf(settings)},${seed},${steps}]`

/** Finished trials, by their `trialKey` (a text made from settings, seed and number of steps). */
export type Known = ReadonlyMap<string, Finished>

/** Returns the trials of one combination of settings: one for each seed in `space`. */
export const withSeeds = (space: Space, settings: Settings, steps: number, round: number = 0): Asked[] =>
  space.seeds.map((seed) => ({ settings, seed, steps, rung: round }))

/** Flattens lists of trials, one list per combination: all with the first seed, then the second, and so on. */
export const seedBySeed = (space: Space, trials: readonly (readonly Asked[])[]): Asked[] =>
  space.seeds.flatMap((_, i) => trials.map((group) => group[i]!))

/** Returns the mean score of the requested trials; undefined until all of them are finished. */
export function meanScore(space: Space, trials: readonly Asked[], known: Known): number | undefined {
  const found = trials.flatMap((trial) => known.get(trialKey(trial)) ?? [])
  if (found.length < trials.length) return undefined
  return found.reduce((sum, finished) => sum + space.scoreOf(finished), 0) / found.length
}
