import { mismatch } from '../../core/mismatch.ts'
import type { Finished } from '../analysis/findings.ts'
import { combinations, combinationsOf } from '../factor.ts'
import type { Settings } from '../trial.ts'
import { type Asked, type Design, type Known, type Space, seedBySeed, trialKey, withSeeds } from './design.ts'
import { race, raceLength } from './racing.ts'
import { sample } from './sample.ts'
import { tpe } from './tpe.ts'

/**
 * Returns all trials that a design requests so far, given the finished trials. As more trials finish, this list only
 * grows at its end. To resume a study, this pure function is called with the finished trials found on disk.
 */
export function plan(design: Design, space: Space, finished: readonly Finished[]): readonly Asked[] {
  const known = new Map(finished.map((one) => [trialKey(one), one]))
  let asked = planOf(design, space, known)
  for (let more = asked; space.further && more.length > 0; asked = [...asked, ...more]) {
    const found = asked.flatMap((trial) => known.get(trialKey(trial)) ?? [])
    if (found.length < asked.length) break
    more = space.further(found)
  }
  return asked
}

/** Returns the trials that a design requests so far with the seeds that all combinations have. */
function planOf(design: Design, space: Space, known: Known): readonly Asked[] {
  const withAll = (settings: Settings): Asked[] => withSeeds(space, settings, space.stepsOf(settings))
  switch (design.type) {
    case 'grid':
      return seedBySeed(space, combinations(space.factors).map(withAll))
    case 'random':
    case 'halton':
      return sample(design.type, space, design.trials / space.seeds.length).flatMap(withAll)
    case 'tpe':
      return tpe(space, design.trials / space.seeds.length, known)
    case 'racing':
      return race(design, space, known)
  }
}

/**
 * Returns the total number of trials of a design, without further seeds; a race has fewer if combinations diverge.
 */
export function trialCount(design: Design, space: Space): number {
  if (design.type === 'racing') return raceLength(design, space) * space.seeds.length
  return design.type === 'grid' ? combinationsOf(space.factors) * space.seeds.length : design.trials
}

/**
 * Checks a design.
 *
 * @throws {ArgumentError} when there are fewer combinations than the design requests, when a design of all
 *   combinations has a factor with infinitely many values, or when `seeds.length` does not divide `trials`.
 */
export function checkDesign(design: Design, { factors, seeds }: Pick<Space, 'factors' | 'seeds'>): void {
  const all = combinationsOf(factors)
  if (design.type === 'grid') {
    if (Number.isFinite(all)) checkTrialCount('a grid', all * seeds.length)
    combinations(factors)
  } else if (design.type === 'racing') checkCandidates(design.candidates, all)
  else checkTrials(design.trials, all, seeds.length)
}

/** Maximum number of trials of a study: at a second each, they take 12 days. */
const mostTrials = 1_000_000

function checkTrialCount(what: string, trials: number): void {
  if (trials <= mostTrials) return
  throw mismatch(
    'study',
    `${what} of up to ${mostTrials} trials`,
    trials,
    'use fewer values, or another design',
  )
}

function checkCandidates(candidates: number | undefined, all: number): void {
  if (candidates === undefined && !Number.isFinite(all)) {
    throw mismatch('study', 'design.candidates where a factor is a range without a count', undefined)
  }
  if (candidates !== undefined && candidates > all) {
    throw mismatch('study', `design.candidates up to ${all}, the number of combinations`, candidates)
  }
}

function checkTrials(trials: number, all: number, seeds: number): void {
  if (trials % seeds !== 0) {
    const near = Math.max(1, Math.round(trials / seeds)) * seeds
    throw mismatch('study', `design.trials as a multiple of the ${seeds} seeds`, trials, `use ${near}`)
  }
  checkTrialCount('design.trials', trials)
  if (trials > all * seeds) {
    throw mismatch('study', `design.trials up to ${all * seeds}, all combinations with all seeds`, trials)
  }
}
